using PoUW.Benchmarks.Peers;

namespace PoUW.Benchmarks.Compute;

/// <summary>Kernels of PoUW.Compute beside the native libraries of their kind.</summary>
public sealed class ComputeSuite : IRatioSuite
{
    /// <inheritdoc/>
    public string Name => "compute";

    /// <inheritdoc/>
    public IEnumerable<RatioFigure> Run()
    {
        PeerEnvironment.Clean();
        foreach (RatioFigure figure in Int8GemmFigures.Run(OneDnn.TryLoad()))
        {
            yield return figure;
        }
    }
}
