namespace PoUW.Benchmarks.Network;

/// <summary>Blocks over the network: catching up beside local import, and the spreading of new blocks.</summary>
public sealed class SyncSuite : IRatioSuite
{
    /// <inheritdoc/>
    public string Name => "sync";

    /// <inheritdoc/>
    public IEnumerable<RatioFigure> Run() =>
        [.. SyncFigures.RunAsync().GetAwaiter().GetResult(), .. AnnouncementFigures.RunAsync().GetAwaiter().GetResult()];
}
