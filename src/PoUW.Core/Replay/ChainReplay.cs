using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Storage;
using PoUW.Core.Validation;

namespace PoUW.Core.Replay;

/// <summary>
/// Executes stored blocks again, for example to rebuild a state. Blocks up to a checkpoint that the operator vouches for skip one check: the
/// signatures of their transactions.
/// <para>Why that is sound: a block's id is the hash of its header; the header holds the Merkle root over the full hashes of the transactions,
/// which cover their signatures, and the parent's id. So the checkpoint's id fixes every signature of every block below it. If those blocks
/// were valid when the checkpoint was made, they are valid now, byte for byte. Whoever names the checkpoint vouches for that first
/// verification: the node itself, which finalized only what it had verified, or a source that the operator trusts. The ids are computed
/// from the headers and followed to the checkpoint before the first block is executed, so a source that leads elsewhere is refused whole;
/// a block is compared with its id again before it is used.</para>
/// <para>Everything else is checked as in an import, also below the checkpoint: form, transaction root, header rules, the producer's seal
/// and the witness (no id covers them), the certificate, execution, receipts and state root. A pruned witness is accepted up to the checkpoint
/// only. Above it everything is checked.</para>
/// </summary>
public static class ChainReplay
{
    /// <summary>Replays the blocks of a source above the target's head, until the source has none, or one is refused.</summary>
    /// <param name="source">The blocks; called by one thread at a time, not always the caller's.</param>
    /// <param name="options">The target and the checkpoint.</param>
    /// <param name="progress">Hears of each height that was executed, perhaps before it is durable.</param>
    /// <param name="cancellation">Stops between two blocks; what was executed is made durable.</param>
    /// <returns>
    /// <see cref="ValidationCode.WrongCheckpoint"/>, with nothing executed, when the source's headers do not lead from the target's head to
    /// the checkpoint, or the target's chain contradicts it; else as <see cref="BlockChain.Import"/>. Blocks below a refused one stay.
    /// </returns>
    /// <exception cref="StoreException">The target's store failed; what it made durable stays.</exception>
    /// <exception cref="ChainException">The target's store holds another chain.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ChainReplayResult Run(
        IBlockSource source, ChainReplayOptions options, IProgress<ulong>? progress = null, CancellationToken cancellation = default)
    {
        using GroupedStore store = new(options.Target.Store, options.GroupBytes);
        Checkpoint? trusted = Higher(options.Target.TrustedCheckpoint, options.Checkpoint);
        BlockChain chain = new(options.Target with { Store = store, TrustedCheckpoint = trusted });
        ValidationResult known = ReadIds(source, chain, options.Checkpoint, cancellation, out VouchedIds? vouched);
        if (!known.IsValid)
        {
            return new ChainReplayResult(known, chain.Head, 0, 0);
        }

        try
        {
            return new Pass(source, chain, vouched, options, progress).Run(cancellation);
        }
        finally
        {
            store.Flush();
        }
    }

    private static Checkpoint? Higher(Checkpoint? left, Checkpoint? right) =>
        right is not { } named || (left is { } configured && configured.Height >= named.Height) ? left : right;

    private static ValidationResult ReadIds(
        IBlockSource source, BlockChain chain, Checkpoint? checkpoint, CancellationToken cancellation, out VouchedIds? vouched)
    {
        vouched = null;

        // A checkpoint at or below the head was compared with the chain when it was opened, and vouches for nothing that is still to come.
        return checkpoint is { } named && named.Height > chain.Head.Height
            ? VouchedIds.TryRead(source, new Checkpoint(chain.Head.Height, chain.Head.Id), named, cancellation, out vouched)
            : ValidationResult.Ok;
    }

    /// <summary>One replay, block by block.</summary>
    private sealed class Pass(IBlockSource source, BlockChain chain, VouchedIds? vouched, ChainReplayOptions options, IProgress<ulong>? progress)
    {
        internal ChainReplayResult Run(CancellationToken cancellation)
        {
            ulong first = chain.Head.Height + 1;
            ulong height = first;
            PreparedBlock next = Begin(height);
            ValidationResult result = ValidationResult.Ok;
            try
            {
                while (result.IsValid && next.Wait() is { } block)
                {
                    cancellation.ThrowIfCancellationRequested();
                    next = Begin(height + 1);
                    result = CheckId(block, height);
                    result = result.IsValid ? chain.Import(block) : result;
                    if (result.IsValid)
                    {
                        progress?.Report(height);
                        height++;
                    }
                }
            }
            finally
            {
                // Nothing reads the source after this.
                next.Abandon();
            }

            result = result.IsValid ? CheckEnd(height) : result;
            ulong replayed = height - first;
            return new ChainReplayResult(result, chain.Head, replayed, Math.Min(replayed, vouched?.Count ?? 0));
        }

        private PreparedBlock Begin(ulong height)
        {
            PreparedBlock prepared = new(() => Prepare(height));
            options.Spawner.Spawn("prepare a block", () =>
            {
                prepared.Run();
                return Task.CompletedTask;
            });
            return prepared;
        }

        private Block? Prepare(ulong height)
        {
            Block? block = source.BlockAt(height);
            if (block is not null && IsFixed(block, height))
            {
                chain.TransactionRules.Vouch(block.Transactions);
            }
            else if (block is not null)
            {
                chain.TransactionRules.VerifyAhead(block.Transactions);
            }

            return block;
        }

        // The id alone is not enough: other transactions may lie behind the same header.
        private bool IsFixed(Block block, ulong height) => vouched?.At(height) is { } id
            && block.Id == id
            && block.Header.TransactionRoot == Block.TransactionRootOf(block.Transactions);

        private ValidationResult CheckId(Block block, ulong height) => vouched?.At(height) is { } id && block.Id != id
            ? ValidationResult.Fail(ValidationCode.WrongCheckpoint, nameof(BlockHeader.Id), $"The block at height {height} is {block.Id}, its header {id}.")
            : ValidationResult.Ok;

        private ValidationResult CheckEnd(ulong height) => vouched?.At(height) is null
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.Malformed, nameof(Block), $"The source has no block at height {height}, though it has the header.");
    }
}
