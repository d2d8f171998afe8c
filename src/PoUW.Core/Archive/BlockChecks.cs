using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Archive;

/// <summary>The checks of one height of a stored chain.</summary>
internal sealed class BlockChecks(ChainStore store, FindingList findings)
{
    /// <summary>Checks a height.</summary>
    /// <param name="height">The height.</param>
    /// <param name="parent">The header below; null if it is not known.</param>
    /// <param name="pruned">The lowest height whose witnesses were not pruned.</param>
    /// <param name="transactions">Grows by the number of transactions.</param>
    /// <returns>The header, or null if it cannot be trusted.</returns>
    internal BlockHeader? Check(ulong height, BlockHeader? parent, ulong pruned, ref ulong transactions)
    {
        if (!Find(IntegrityArea.HeightIndex, height, "No block is known", () => store.GetCanonical(height), out Hash256? found))
        {
            return null;
        }

        Hash256 id = found!.Value;
        CheckEntry(height, id, parent);
        CheckWitness(height, id, pruned);
        if (!Find(IntegrityArea.Block, height, $"The block {id} is missing", () => store.GetBlock(id), out Block? block))
        {
            return null;
        }

        if (block!.Id != id || block.Header.Height != height)
        {
            findings.Add(IntegrityArea.Block, height, $"The block under {id} is {block.Id} of height {block.Header.Height}.");
            return null;
        }

        if (parent is not null && block.Header.ParentHash != parent.Id)
        {
            findings.Add(IntegrityArea.Block, height, $"The block stands on {block.Header.ParentHash}; the one below it is {parent.Id}.");
        }

        if (block.Header.TransactionRoot != Block.TransactionRootOf(block.Transactions))
        {
            findings.Add(IntegrityArea.Block, height, "The transactions are not those of the header's root.");
        }

        CheckReceipts(block);
        CheckTransactions(block, id);
        transactions += (ulong)block.Transactions.Count;
        return block.Header;
    }

    private void CheckEntry(ulong height, Hash256 id, BlockHeader? parent)
    {
        if (!Find(IntegrityArea.Entry, height, $"The entry of {id} is missing", () => store.GetEntry(id), out BlockEntry? entry))
        {
            return;
        }

        if (entry!.Position.Id != id || entry.Header.Height != height)
        {
            findings.Add(IntegrityArea.Entry, height, $"The entry under {id} is that of {entry.Position.Id} of height {entry.Header.Height}.");
        }

        if (entry.Status != BlockStatus.Executed)
        {
            findings.Add(IntegrityArea.Entry, height, $"The block is on the chain but its status is {entry.Status}.");
        }

        if (parent is not null
            && findings.Try(IntegrityArea.Entry, height, () => store.GetEntry(parent.Id), out BlockEntry? below)
            && below is not null && below.Position.TotalWork > entry.Position.TotalWork)
        {
            findings.Add(IntegrityArea.Entry, height, "The chain has less work than without the block.");
        }
    }

    private void CheckReceipts(Block block)
    {
        ulong height = block.Header.Height;
        if (Find(IntegrityArea.Receipts, height, "The receipts are missing", () => store.GetReceipts(block.Id), out IReadOnlyList<Receipt>? receipts)
            && Receipt.RootOf(receipts!) != block.Header.ReceiptsRoot)
        {
            findings.Add(IntegrityArea.Receipts, height, "The receipts are not those of the header's root.");
        }
    }

    private void CheckTransactions(Block block, Hash256 id)
    {
        for (int i = 0; i < block.Transactions.Count; i++)
        {
            Transaction transaction = block.Transactions[i];
            bool found = findings.Try(
                IntegrityArea.TransactionIndex, block.Header.Height, () => store.FindTransaction(transaction.Id), out TransactionLocation? location);
            if (found && location != new TransactionLocation(id, i))
            {
                string where = location?.ToString() ?? "nowhere";
                findings.Add(
                    IntegrityArea.TransactionIndex, block.Header.Height, $"Transaction {transaction.Id}, number {i} of the block, is indexed as {where}.");
            }
        }
    }

    /// <summary>Blocks that came without witness have none; of all others exactly those that are not pruned have one.</summary>
    private void CheckWitness(ulong height, Hash256 id, ulong pruned)
    {
        bool readable = findings.Try(IntegrityArea.Witnesses, height, () => store.GetWitnessed(height), out byte[]? list)
            & findings.Try(IntegrityArea.Witnesses, height, () => store.HasWitness(id), out bool has);
        if (!readable)
        {
            return;
        }

        bool listed = false;
        for (int at = 0; at + Hash256.Size <= list!.Length; at += Hash256.Size)
        {
            listed |= new Hash256(list.AsSpan(at, Hash256.Size)) == id;
        }

        if (list.Length % Hash256.Size != 0)
        {
            findings.Add(IntegrityArea.Witnesses, height, $"The list of witnesses has {list.Length} bytes.");
        }

        if (height < pruned && (has || list.Length > 0))
        {
            findings.Add(IntegrityArea.Witnesses, height, $"Something is left of the witnesses, although those below {pruned} were pruned.");
        }
        else if (listed != has)
        {
            findings.Add(IntegrityArea.Witnesses, height, listed ? "The witness is missing." : "The witness is there but is not listed.");
        }
    }

    private bool Find<T>(IntegrityArea area, ulong height, string otherwise, Func<T> read, out T? value)
    {
        if (!findings.Try(area, height, read, out value))
        {
            return false;
        }

        if (value is null)
        {
            findings.Add(area, height, $"{otherwise}.");
        }

        return value is not null;
    }
}
