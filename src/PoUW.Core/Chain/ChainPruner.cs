using PoUW.Core.Notifications;
using PoUW.Core.State;
using PoUW.Core.Storage;

namespace PoUW.Core.Chain;

/// <summary>What may be pruned, and the pruning of witnesses and states.</summary>
internal sealed class ChainPruner(ChainStore store, WorldState world, NotificationLog log, ulong keptWitnesses, ulong keptStates)
{
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

    /// <summary>Takes a step of pruning states; needs no lock of the chain.</summary>
    internal bool PruneStates(ChainHead head, int maxDeletes)
    {
        if (world.PruneStep(maxDeletes))
        {
            return true;
        }

        ulong beyond = head.Height + 1;
        ulong height = Math.Min(Limit(head), beyond - Math.Min(beyond, keptStates));
        BlockEntry? entry = store.GetCanonical(height) is { } id ? store.GetEntry(id) : null;
        if (entry is not { Status: BlockStatus.Executed } || entry.Position.State.Number <= world.Base.Number)
        {
            return false;
        }

        world.BeginPrune(entry.Position.State);
        return true;
    }
}
