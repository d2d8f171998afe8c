using PoUW.Core.Blocks;
using PoUW.Core.Codec;
using PoUW.Core.Headers;

namespace PoUW.Network.Sync;

/// <summary>
/// A new block as gossip carries it: the header with seal and public data, or a small block whole. Encoding: RLP list (0, header with
/// seal and public data) or (1, block).
/// </summary>
/// <param name="Header">The header.</param>
/// <param name="Block">The block if it came along.</param>
public sealed record BlockAnnouncement(HeaderAnnouncement Header, Block? Block)
{
    /// <summary>Largest encoding in bytes.</summary>
    public static int MaxEncodedBytes(int inlineBytes) => AnnouncedItem.MaxEncodedBytes(inlineBytes, AnnouncedHeader.MaxEncodedBytes);

    /// <summary>Encodes a block: whole if it is small enough.</summary>
    public static byte[] Encode(Block block, int inlineBytes)
    {
        ArgumentNullException.ThrowIfNull(block);
        if (block.EncodedLengthWithoutWitness + block.Certificate.Witness.Length <= inlineBytes && block.Encode() is { } whole && whole.Length <= inlineBytes)
        {
            return AnnouncedItem.Encode(isWhole: true, whole);
        }

        return AnnouncedItem.Encode(
            isWhole: false, AnnouncedHeader.Write(new RlpWriter(), new HeaderAnnouncement(block.SignedHeader, block.Certificate.PublicData)).Finish());
    }

    /// <summary>
    /// The encoding of the block in an announcement, without decoding it; empty if there is none or the form is wrong.
    /// </summary>
    public static ReadOnlySpan<byte> BlockIn(ReadOnlySpan<byte> encoded)
    {
        ReadOnlySpan<byte> item = AnnouncedItem.Read(encoded, out bool isWhole);
        return isWhole ? item : [];
    }

    /// <summary>Reads an announcement; null if it is none.</summary>
    /// <param name="encoded">The message.</param>
    /// <param name="inlineBytes">The longest block that may come along.</param>
    /// <param name="maxBlockBytes">The network's limit for a block without its witness.</param>
    public static BlockAnnouncement? TryDecode(ReadOnlySpan<byte> encoded, int inlineBytes, int maxBlockBytes)
    {
        if (encoded.Length > MaxEncodedBytes(inlineBytes))
        {
            return null;
        }

        ReadOnlySpan<byte> item = AnnouncedItem.Read(encoded, out bool isWhole);
        if (isWhole)
        {
            return item.Length <= inlineBytes && Core.Blocks.Block.TryDecode(item, maxBlockBytes, out Block? block).IsValid
                ? new BlockAnnouncement(new HeaderAnnouncement(block!.SignedHeader, block.Certificate.PublicData), block)
                : null;
        }

        RlpReader reader = new(item);
        HeaderAnnouncement? header = AnnouncedHeader.Read(ref reader);
        return header is not null && reader.TryFinish() ? new BlockAnnouncement(header, null) : null;
    }
}
