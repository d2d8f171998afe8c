using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Archive;

/// <summary>Writes blocks of a chain to segment files. Members may be called from any thread, while the chain grows.</summary>
public static class ChainExport
{
    /// <summary>
    /// Writes the blocks of some heights of the chain of the head, each with its witness unless that was pruned. Which blocks they are is
    /// fixed when the call is made, so a reorganisation meanwhile changes nothing; that takes 32 bytes of memory for each height above the
    /// finalized one, and beside it one block is held at a time.
    /// </summary>
    /// <param name="stream">Where to write; not disposed.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="from">The first height, at least 1.</param>
    /// <param name="to">The last height, not above the head's.</param>
    /// <param name="progress">Hears of each height that was written.</param>
    /// <param name="cancellation">Stops the export; the file is not complete then.</param>
    /// <returns><see cref="ValidationCode.OutOfRange"/> if the chain has no such heights; nothing was written then.</returns>
    /// <exception cref="ChainException">A block in the store is missing or damaged; the file is not complete then.</exception>
    /// <exception cref="Storage.StoreException">The store cannot be read.</exception>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    public static ValidationResult WriteTo(
        Stream stream, BlockChain chain, ulong from, ulong to, IProgress<ulong>? progress = null, CancellationToken cancellation = default)
    {
        ChainHead head = chain.Head;
        if (from == 0 || to < from || to > head.Height)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, nameof(to), $"Heights {from} to {to} are not a part of the chain from 1 to {head.Height}.");
        }

        List<Hash256> unsettled = IdsAboveFinality(chain, head, from);
        Hash256 At(ulong height) => height > head.Height - (ulong)unsettled.Count
            ? unsettled[(int)(head.Height - height)]
            : chain.GetIdByHeight(height) ?? throw Missing(height);

        Block first = chain.GetBlock(At(from)) ?? throw Missing(from);
        ChainSegmentHeader header = new(chain.Parameters.ChainId, chain.Genesis.Id, from, to, first.Header.ParentHash);
        using ChainSegmentWriter writer = new(stream, header);
        for (ulong height = from; height <= to; height++)
        {
            cancellation.ThrowIfCancellationRequested();
            Block block = height == from ? first : chain.GetBlock(At(height)) ?? throw Missing(height);
            writer.Add(Checked(block, At(height)));
            progress?.Report(height);
        }

        writer.Complete();
        return ValidationResult.Ok;
    }

    /// <summary>The ids of the head's chain from the head downward, as far as they could still change.</summary>
    private static List<Hash256> IdsAboveFinality(BlockChain chain, ChainHead head, ulong from)
    {
        List<Hash256> ids = [];
        BlockHeader at = head.Header;
        Hash256 id = head.Id;
        while (at.Height > head.FinalizedHeight && at.Height >= from)
        {
            ids.Add(id);
            id = at.ParentHash;
            at = chain.GetHeader(id) ?? throw Missing(at.Height - 1);
        }

        return ids;
    }

    private static Block Checked(Block block, Hash256 id) =>
        block.Id == id ? block : throw new ChainException($"The stored block {id} is damaged.");

    private static ChainException Missing(ulong height) => new($"The block at height {height} is missing in the store; check its integrity.");
}
