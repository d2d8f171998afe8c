using PoUW.Core.Accounts;
using PoUW.Core.Archive;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Notifications;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Recovery;

/// <summary>Compares a store that was reopened with the chain in memory. Everything that differs is a sentence.</summary>
internal sealed class CrashCheck(CrashNet net, CrashScript script, Random random)
{
    /// <summary>All that must hold after a crash, once the check of integrity found nothing.</summary>
    /// <param name="store">The reopened store.</param>
    /// <param name="acknowledged">How many blocks of the script were acknowledged.</param>
    /// <param name="wrong">Takes what is wrong.</param>
    internal void Compare(IKeyValueStore store, int acknowledged, List<string> wrong)
    {
        BlockChain chain = net.Open(store);
        CompareHead(chain, acknowledged, wrong);
        if (!script.Outcomes.TryGetValue(chain.Head.Id, out CrashOutcome? expected))
        {
            wrong.Add($"the head {chain.Head.Id} was never one of the reference");
            return;
        }

        CompareState(chain, expected, wrong);
        foreach (Block block in script.Blocks.Take(acknowledged))
        {
            if (chain.GetBlock(block.Id) is not { } stored || stored.Id != block.Id)
            {
                wrong.Add($"the acknowledged block {block.Header.Height} {block.Id} is missing");
            }
        }

        CompareReads(chain, wrong);
        CompareNotifications(chain, wrong);
    }

    /// <summary>What the check of integrity finds. A process that was killed before it opened the chain leaves a store without one.</summary>
    internal IReadOnlyList<string> CheckIntegrity(IKeyValueStore store, int acknowledged) => acknowledged == 0 && !store.ScanPrefix("chain/"u8).Any() ? [] :
    [
        .. IntegrityCheck.Run(store, net.Parameters.MaxBlockBytes, script.Reference.Genesis.Id).Findings.Select(finding => finding.ToString()),
    ];

    /// <summary>The chain stands where it stood after the last acknowledged block, or one further.</summary>
    private void CompareHead(BlockChain chain, int acknowledged, List<string> wrong)
    {
        int last = Math.Min(acknowledged + 1, script.Steps.Count - 1);
        CrashStep? at = script.Steps.Skip(acknowledged).Take(last - acknowledged + 1).FirstOrDefault(step => step.Head == chain.Head.Id);
        if (at is null)
        {
            wrong.Add($"the head is {chain.Head.Height} {chain.Head.Id} after {acknowledged} blocks; {script.Steps[acknowledged].Head} or its successor is right");
        }
        else if (chain.Finalized != script.Steps[acknowledged].Finalized && chain.Finalized != script.Steps[last].Finalized)
        {
            wrong.Add($"height {chain.FinalizedHeight} is final, not {at.Finalized.Height}");
        }
    }

    internal void CompareState(BlockChain chain, CrashOutcome expected, List<string> wrong)
    {
        StateSnapshot state = chain.HeadState;
        Account[] accounts = [.. net.Accounts.Select(state.GetAccount)];
        if (!accounts.SequenceEqual(expected.Accounts))
        {
            wrong.Add($"the balances at {chain.Head.Height} are not those of the reference");
        }

        bool same = state.Root == expected.Root && state.Minted == expected.Minted && state.Burned == expected.Burned
            && chain.Head.Height == expected.Height;
        if (!same)
        {
            wrong.Add($"root, supply or height at {chain.Head.Height} are not those of the reference");
        }
    }

    private void CompareReads(BlockChain chain, List<string> wrong)
    {
        // The parts of the two chains that are the same: everything that is final.
        ulong limit = Math.Min(chain.FinalizedHeight, script.Reference.FinalizedHeight);
        for (int i = 0; i < 20; i++)
        {
            ulong height = (ulong)random.NextInt64((long)limit + 1);
            Block expected = script.Reference.GetBlockByHeight(height)!;
            Block? read = chain.GetBlockByHeight(height);
            bool same = read is not null && read.EncodeWithoutWitness().AsSpan().SequenceEqual(expected.EncodeWithoutWitness())
                && chain.GetReceipts(expected.Id) is { } receipts && Receipt.RootOf(receipts) == expected.Header.ReceiptsRoot
                && expected.Transactions.All(transaction => chain.FindTransaction(transaction.Id)?.BlockId == expected.Id);
            if (!same)
            {
                wrong.Add($"block {height}, its receipts or its transactions are not those of the reference");
            }
        }
    }

    /// <summary>The steps that the host has not finished lead from where it finished to the head.</summary>
    private static void CompareNotifications(BlockChain chain, List<string> wrong)
    {
        if (!chain.Notifications.Subscribers.Any(each => each.Name == CrashChild.Subscriber))
        {
            return;
        }

        using ChainSubscription host = chain.Notifications.Open(CrashChild.Subscriber);
        Hash256 tip = host.Finished.Id;
        while (host.TryRead() is { } step)
        {
            (Hash256 before, Hash256 after) = step switch
            {
                AttachedNotification attached => (attached.Block.Header.ParentHash, attached.Block.Id),
                DetachedNotification detached => (detached.Block.Id, detached.Block.Header.ParentHash),
                _ => (Hash256.Zero, Hash256.Zero),
            };
            if (before != tip)
            {
                wrong.Add($"step {step.Sequence} does not start where the one before ended");
                return;
            }

            tip = after;
        }

        if (tip != chain.Head.Id)
        {
            wrong.Add("the steps for the host do not lead to the head");
        }
    }
}
