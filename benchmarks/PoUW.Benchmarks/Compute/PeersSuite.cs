using PoUW.Benchmarks.Peers;

namespace PoUW.Benchmarks.Compute;

/// <summary>The peers alone, as targets for kernels that do not exist yet: no figure has a goal.</summary>
public sealed class PeersSuite : IRatioSuite
{
    /// <inheritdoc/>
    public string Name => "peers";

    /// <inheritdoc/>
    public IEnumerable<RatioFigure> Run()
    {
        PeerEnvironment.Clean();
        using TorchPeer? torch = TorchPeer.TryStart();
        IEnumerable<RatioFigure> products = FloatGemmFigures.Run(null, OpenBlas.TryLoad());
        IEnumerable<RatioFigure> convolutions = ConvolutionFigures.Run(ConvolutionCase.Middle, null, torch);
        foreach (RatioFigure figure in products.Concat(convolutions).Concat(Training(torch)))
        {
            yield return figure;
        }
    }

    private static IEnumerable<RatioFigure> Training(TorchPeer? torch)
    {
        foreach (TrainingCase training in TrainingCase.All(1).Concat(TrainingCase.All(2)))
        {
            yield return TrainingFigures.Measure(training, null, torch, null);
            if (training.ChannelsLast)
            {
                RatioFigure contiguous = TrainingFigures.Measure(training with { ChannelsLast = false }, null, torch, null);
                yield return contiguous with { Name = $"{contiguous.Name}.contiguous" };
            }
        }
    }
}
