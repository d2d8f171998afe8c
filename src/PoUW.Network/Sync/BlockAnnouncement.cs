using PoUW.Core.Blocks;
using PoUW.Core.Codec;
using PoUW.Core.Headers;
using PoUW.Core.Validation;

namespace PoUW.Network.Sync;

/// <summary>
/// A new block as gossip carries it: the header with seal and public data, or a small block whole. Encoding: RLP list (0, header with
/// seal and public data) or (1, block).
/// </summary>
/// <param name="Header">The header.</param>
/// <param name="Block">The block if it came along.</param>
public sealed record BlockAnnouncement(HeaderAnnouncement Header, Block? Block)
{
    private const byte HeaderForm = 0;
    private const byte BlockForm = 1;

    /// <summary>Largest encoding in bytes.</summary>
    public static int MaxEncodedBytes(int inlineBytes) => Math.Max(inlineBytes, AnnouncedHeader.MaxEncodedBytes) + 8;

    /// <summary>Encodes a block: whole if it is small enough.</summary>
    public static byte[] Encode(Block block, int inlineBytes)
    {
        ArgumentNullException.ThrowIfNull(block);
        RlpWriter writer = new RlpWriter().BeginList();
        if (block.EncodedLengthWithoutWitness + block.Certificate.Witness.Length <= inlineBytes && block.Encode() is { } whole && whole.Length <= inlineBytes)
        {
            return writer.Write((ulong)BlockForm).WriteEncoded(whole).EndList().Finish();
        }

        writer.Write((ulong)HeaderForm);
        return AnnouncedHeader.Write(writer, new HeaderAnnouncement(block.SignedHeader, block.Certificate.PublicData)).EndList().Finish();
    }

    /// <summary>
    /// The encoding of the block in an announcement, without decoding it; empty if there is none or the form is wrong.
    /// </summary>
    public static ReadOnlySpan<byte> BlockIn(ReadOnlySpan<byte> encoded)
    {
        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        return items.ReadUInt64() == BlockForm && items.ReadEncodedItem() is { IsEmpty: false } block && items.TryFinish() && outer.TryFinish() ? block : [];
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

        ReadOnlySpan<byte> whole = BlockIn(encoded);
        if (!whole.IsEmpty)
        {
            ValidationResult decoded = Core.Blocks.Block.TryDecode(whole, maxBlockBytes, out Block? block);
            return decoded.IsValid && whole.Length <= inlineBytes
                ? new BlockAnnouncement(new HeaderAnnouncement(block!.SignedHeader, block.Certificate.PublicData), block)
                : null;
        }

        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        bool isHeader = items.ReadUInt64() == HeaderForm;
        HeaderAnnouncement? header = AnnouncedHeader.Read(ref items);
        return isHeader && header is not null && items.TryFinish() && outer.TryFinish() ? new BlockAnnouncement(header, null) : null;
    }
}
