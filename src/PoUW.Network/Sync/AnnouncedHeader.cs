using PoUW.Core.Blocks;
using PoUW.Core.Codec;
using PoUW.Core.Headers;

namespace PoUW.Network.Sync;

/// <summary>The encoding of a header with seal and public data: RLP list (list (header, seal), public data).</summary>
internal static class AnnouncedHeader
{
    internal const int MaxEncodedBytes = SignedHeader.MaxEncodedBytes + Block.MaxPublicDataBytes + 8;

    internal static RlpWriter Write(RlpWriter writer, HeaderAnnouncement announced) =>
        writer.BeginList().WriteEncoded(announced.Signed.Encode()).Write(announced.PublicData.Span).EndList();

    /// <summary>True if their encodings are the same.</summary>
    internal static bool AreSame(HeaderAnnouncement one, HeaderAnnouncement other) =>
        one.PublicData.Span.SequenceEqual(other.PublicData.Span) && one.Signed.Encode().AsSpan().SequenceEqual(other.Signed.Encode());

    /// <summary>Reads one; null if it is not canonical.</summary>
    internal static HeaderAnnouncement? Read(ref RlpReader outer)
    {
        RlpReader items = outer.ReadList();
        bool isHeader = SignedHeader.TryDecode(items.ReadEncodedItem(), out SignedHeader? signed);
        byte[] publicData = items.ReadBytes(Block.MaxPublicDataBytes).ToArray();
        return isHeader && items.TryFinish() ? new HeaderAnnouncement(signed!, publicData) : null;
    }
}
