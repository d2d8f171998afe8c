using PoUW.Network.Transports.Modelled;

namespace PoUW.Network.Tests.Simulation;

/// <summary>
/// Links between five parts of the world: latencies as in the Shadow topology of libp2p's gossip tests (Australia, East Asia, Europe, North America west and
/// east), 10 % jitter, one segment in a thousand lost, which delays what comes behind.
/// </summary>
internal static class SimulationRegions
{
    public const int Count = 5;

    /// <summary>What a host sends to all others together: 50 Mbit/s.</summary>
    public const long UplinkBytesPerSecond = 50_000_000 / 8;

    private static readonly int[,] Milliseconds =
    {
        { 2, 110, 165, 110, 150 },
        { 110, 4, 125, 100, 140 },
        { 165, 125, 2, 110, 70 },
        { 110, 100, 110, 2, 60 },
        { 150, 140, 70, 60, 2 },
    };

    /// <summary>The link from one region to another.</summary>
    public static LinkProperties Link(int from, int to)
    {
        TimeSpan latency = TimeSpan.FromMilliseconds(Milliseconds[from, to]);
        return new LinkProperties { Latency = latency, Jitter = latency / 10, LossPerMillion = 1_000 };
    }
}
