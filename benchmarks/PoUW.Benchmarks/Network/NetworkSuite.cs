namespace PoUW.Benchmarks.Network;

/// <summary>What the network costs: streams beside the platform's TLS, messages, blocks and chains over processes. TCP on loopback.</summary>
public sealed class NetworkSuite : IRatioSuite
{
    /// <inheritdoc/>
    public string Name => "network";

    /// <inheritdoc/>
    public IEnumerable<RatioFigure> Run()
    {
        Func<Task<IReadOnlyList<RatioFigure>>>[] parts =
            [StreamFigures.RunAsync, RoundTripFigures.RunAsync, GossipFigures.RunAsync, BlockFigures.RunAsync, SyncFigures.RunAsync];
        return parts.SelectMany(static part => Task.Run(part).GetAwaiter().GetResult());
    }
}
