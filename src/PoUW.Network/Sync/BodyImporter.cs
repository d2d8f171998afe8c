using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Sync;

/// <summary>
/// Imports the fetched bodies in the order of the plan, one at a time, and draws the conclusions. A failure of this node holds the import for a
/// while that doubles as long as it goes on. What is said to be under the lock is under that of <see cref="SyncPeers"/>.
/// </summary>
internal sealed class BodyImporter(
    BlockChain chain, HeaderIntake<PeerId> intake, SyncPeers peers, SyncNetwork network, SyncOptions options, TimeProvider time, SyncTasks tasks,
    Pulse progress, BodyPlan plan, Action<string> warn, Action<Block, ValidationResult> imported, Action ended)
{
    private bool _isImporting;
    private int _failures;
    private long _count;

    /// <summary>Blocks that were imported.</summary>
    internal long Imported => Interlocked.Read(ref _count);

    /// <summary>True during a pause, in which nothing is fetched either; under the lock.</summary>
    internal bool IsHeld { get; private set; }

    /// <summary>True if a block is there and nobody imports; under the lock.</summary>
    internal bool IsWaiting => !_isImporting && plan.IsNextThere;

    /// <summary>True if nothing is to be fetched or imported.</summary>
    internal bool IsIdle
    {
        get
        {
            lock (peers.Gate)
            {
                return plan.IsEmpty && !_isImporting;
            }
        }
    }

    /// <summary>True if the caller has to start an import now; under the lock.</summary>
    internal bool TryBegin()
    {
        bool begins = IsWaiting;
        _isImporting |= begins;
        return begins;
    }

    /// <summary>Imports what is there, in order.</summary>
    /// <param name="pump">Looks what can be fetched and imported next.</param>
    internal Task ImportAllAsync(Action pump)
    {
        try
        {
            while (TakeNext() is { } next)
            {
                Import(next.Block, next.From, pump);
            }
        }
        finally
        {
            lock (peers.Gate)
            {
                _isImporting = false;
            }
        }

        // A block that came in between saw an importer and started none.
        pump();
        ended();
        return Task.CompletedTask;
    }

    private (Block Block, PeerId From)? TakeNext()
    {
        lock (peers.Gate)
        {
            return !network.Stopping.IsCancellationRequested && !IsHeld && plan.TryTake(out Block? block, out PeerId from) ? (block!, from) : null;
        }
    }

    private void Import(Block block, PeerId from, Action pump)
    {
        try
        {
            Conclude(block, from, intake.ImportBody(from, block), pump);
            progress.Beat();
            pump();
            _failures = 0;
        }
        catch (Exception failure)
        {
            // The store failed, and nothing of the block was kept; or a listener did, and the block is in. The next attempt tells, after a
            // pause that doubles as long as it goes on.
            warn($"block {block.Header.Height} was not imported: {failure.Message}");
            Hold(options.PauseAfter(_failures++), pump);
        }
    }

    private void Conclude(Block block, PeerId from, ValidationResult result, Action pump)
    {
        Hash256 id = block.Id;
        if (result.IsValid || result.Code == ValidationCode.AlreadyKnown)
        {
            lock (peers.Gate)
            {
                plan.Advance(id);
            }

            Interlocked.Increment(ref _count);
            imported(block, result);
            return;
        }

        if (result.Code == ValidationCode.BadTimestamp && EarlyBlocks.DelayOf(block.Header, chain.Parameters, time, options) is { } delay)
        {
            Hold(delay, pump);
            return;
        }

        if (result.Code is ValidationCode.UnknownParent or ValidationCode.BadTimestamp)
        {
            intake.Discard(from, id);
        }

        if (result.Verdict == GossipVerdict.Reject)
        {
            network.Punish(from, $"invalid block {id.ToShortString()}: {result}");
        }

        lock (peers.Gate)
        {
            plan.Spoil();
        }
    }

    private void Hold(TimeSpan delay, Action pump)
    {
        lock (peers.Gate)
        {
            IsHeld = true;
            plan.Spoil();
        }

        tasks.RunLater("sync after a pause", delay, time, () =>
        {
            lock (peers.Gate)
            {
                IsHeld = false;
            }

            pump();
        });
    }
}
