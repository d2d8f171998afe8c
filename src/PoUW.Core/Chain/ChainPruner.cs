using PoUW.Core.Notifications;
using PoUW.Core.State;
using PoUW.Core.Storage;

namespace PoUW.Core.Chain;

/// <summary>What may be pruned, and the pruning of witnesses and states.</summary>
internal sealed class ChainPruner(ChainStore store, WorldState world, NotificationLog log, ulong keptWitnesses, ulong keptStates, ulong baseHeight)
{
    // Some milliseconds of work on a disk.
    private const int DeletesOfStep = 1_000;

    /// <summary>The lowest height that finality or a subscriber still needs.</summary>
    internal ulong Limit(ChainHead head) => log.PruneLimit(head.FinalizedHeight);

    /// <summary>Prunes the witnesses of a number of heights. The caller holds the chain's lock.</summary>
    internal int PruneWitnesses(ChainHead head, int maxHeights)
    {
        ulong begin = store.GetPruned();
        ulong beyond = head.Height + 1;
        ulong end = Math.Min(Limit(head), beyond - Math.Min(beyond, keptWitnesses));
        int count = (int)Math.Min(end - Math.Min(begin, end), (ulong)maxHeights);
        if (count > 0)
        {
            WriteBatch batch = new();
            store.PruneWitnesses(batch, begin + (ulong)count);
            store.Apply(batch);
        }

        return count;
    }

    /// <summary>
    /// The state of the oldest block that keeps its own; null if all states are kept. That block is final, so it stays the oldest one whatever
    /// is imported meanwhile. The caller holds the chain's lock.
    /// </summary>
    internal StateVersion? OldestKeptState(ChainHead head)
    {
        if (keptStates == 0)
        {
            return null;
        }

        ulong beyond = head.Height + 1;
        ulong height = Math.Max(baseHeight, Math.Min(Limit(head), beyond - Math.Min(beyond, keptStates)));
        return store.GetCanonical(height) is { } id && store.GetEntry(id) is { Status: BlockStatus.Executed } entry
            ? entry.Position.State
            : throw new ChainException($"The stored block at height {height} is missing.");
    }

    /// <summary>Prunes what stands below a state, in at most so many steps; needs no lock of the chain.</summary>
    internal int PruneStates(StateVersion oldest, int maxSteps)
    {
        world.BeginPrune(oldest);
        int steps = 0;
        while (steps < maxSteps && world.PruneStep(DeletesOfStep))
        {
            steps++;
        }

        return steps;
    }
}
