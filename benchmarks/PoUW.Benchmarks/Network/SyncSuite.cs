namespace PoUW.Benchmarks.Network;

/// <summary>Blocks over the network: catching up beside local import, and the spreading of new blocks.</summary>
internal static class SyncSuite
{
    /// <summary>Measures both; to be joined into the figures of the network.</summary>
    internal static IEnumerable<RatioFigure> Run() =>
        [.. SyncFigures.RunAsync().GetAwaiter().GetResult(), .. AnnouncementFigures.RunAsync().GetAwaiter().GetResult()];
}
