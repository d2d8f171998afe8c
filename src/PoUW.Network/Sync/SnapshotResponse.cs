using PoUW.Core.Blocks;
using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Network.Sync;

/// <summary>
/// Offers the state of a finalized block: the block without its witness, its receipts, the headers below it, and how many chunks the state
/// has. Everything but the numbers follows from the block's id. Encoding: RLP list (chunks, first, block, receipts, list of headers).
/// </summary>
/// <param name="Chunks">The number of chunks; 0 if they are being counted: ask again.</param>
/// <param name="First">The number of the chunk that follows the leaf that was asked about.</param>
/// <param name="Block">The block.</param>
/// <param name="Receipts">Its receipts.</param>
/// <param name="Ancestors">The headers below it, the nearest first, at most <see cref="MaxAncestors"/>.</param>
public sealed record SnapshotResponse(int Chunks, int First, Block Block, IReadOnlyList<Receipt> Receipts, IReadOnlyList<BlockHeader> Ancestors)
{
    /// <summary>Headers of an offer.</summary>
    public const int MaxAncestors = 64;

    /// <summary>Largest encoding in bytes: a receipt is shorter than its transaction.</summary>
    public static int MaxEncodedBytes(int maxBlockBytes) => (2 * maxBlockBytes) + Core.Blocks.Block.MaxPublicDataBytes + (MaxAncestors * BlockHeader.MaxEncodedBytes) + 256;

    /// <summary>Encodes.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList().Write((ulong)Chunks).Write((ulong)First).WriteEncoded(Block.EncodeWithoutWitness());
        writer.WriteEncoded(Receipt.EncodeList(Receipts)).BeginList();
        foreach (BlockHeader ancestor in Ancestors)
        {
            writer.WriteEncoded(ancestor.Encode());
        }

        return writer.EndList().EndList().Finish();
    }

    /// <summary>Reads an offer of a block with an id; null if it is none.</summary>
    public static SnapshotResponse? TryDecode(ReadOnlySpan<byte> encoded, Hash256 id, int maxBlockBytes)
    {
        if (encoded.Length > MaxEncodedBytes(maxBlockBytes))
        {
            return null;
        }

        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        (int chunks, int first) = ((int)items.ReadUInt64(int.MaxValue), (int)items.ReadUInt64(int.MaxValue));
        bool fits = Core.Blocks.Block.TryDecode(items.ReadEncodedItem(), maxBlockBytes, out Block? block).IsValid && block!.Id == id;
        fits &= Receipt.TryDecodeList(items.ReadEncodedItem(), out IReadOnlyList<Receipt> receipts);
        RlpReader list = items.ReadList();
        List<BlockHeader> ancestors = [];
        while (fits && !list.AtEnd && ancestors.Count < MaxAncestors)
        {
            fits = BlockHeader.TryDecode(list.ReadEncodedItem(), out BlockHeader? ancestor);
            ancestors.Add(ancestor!);
        }

        return fits && list.TryFinish() && items.TryFinish() && outer.TryFinish()
            ? new SnapshotResponse(chunks, first, block!, receipts, ancestors)
            : null;
    }
}
