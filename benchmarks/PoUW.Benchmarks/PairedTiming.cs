using System.Diagnostics;

namespace PoUW.Benchmarks;

/// <summary>
/// Measures own work and a peer's in turn, block by block, so that both see the same clock speed and the same neighbours on the machine.
/// </summary>
public static class PairedTiming
{
    /// <summary>Blocks a side, enough that one of them meets a quiet moment.</summary>
    public const int DefaultRounds = 15;

    /// <summary>Measures one block of each side in every round.</summary>
    /// <param name="own">Runs one block; null when there is nothing to measure on this side.</param>
    /// <param name="peer">Runs one block of the peer; null when it is absent.</param>
    /// <param name="peerProcess">The child that the peer runs in, if it does.</param>
    /// <param name="rounds">Blocks a side, at least one.</param>
    public static PairedResult Measure(
        Func<BlockTime>? own, Func<BlockTime>? peer, Process? peerProcess = null, int rounds = DefaultRounds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        var ownBlocks = new List<BlockTime>(rounds);
        var peerBlocks = new List<BlockTime>(rounds);
        MachineLoad load = MachineLoad.Watch(peerProcess);
        for (int i = 0; i < rounds; i++)
        {
            Add(ownBlocks, own);
            Add(peerBlocks, peer);
        }

        double? others = load.Others();
        return new PairedResult(own is null ? null : SideTiming.Of(ownBlocks), peer is null ? null : SideTiming.Of(peerBlocks), others);
    }

    /// <summary>Warms both sides up, chooses their block lengths and measures them in turn.</summary>
    /// <param name="own">One call of own work; null when there is nothing to measure on this side.</param>
    /// <param name="peer">One call of a peer in this process; null when it is absent.</param>
    /// <param name="rounds">Blocks a side, at least one.</param>
    public static PairedResult Measure(Action? own, Action? peer, int rounds = DefaultRounds)
    {
        TimedBlock? ownBlock = own is null ? null : TimedBlock.Warm(own);
        TimedBlock? peerBlock = peer is null ? null : TimedBlock.Warm(peer);
        return Measure(ownBlock is null ? null : ownBlock.Run, peerBlock is null ? null : peerBlock.Run, null, rounds);
    }

    private static void Add(List<BlockTime> blocks, Func<BlockTime>? side)
    {
        if (side is not null)
        {
            blocks.Add(side());
        }
    }
}
