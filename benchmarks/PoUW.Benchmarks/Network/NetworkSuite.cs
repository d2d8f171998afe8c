namespace PoUW.Benchmarks.Network;

/// <summary>What the network costs: streams beside the platform's TLS, messages over processes, blocks and chains over processes. TCP on loopback.</summary>
public sealed class NetworkSuite : IRatioSuite
{
    /// <inheritdoc/>
    public string Name => "network";

    /// <inheritdoc/>
    public IEnumerable<RatioFigure> Run() => StreamFigures.Run();
}
