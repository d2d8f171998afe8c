using PoUW.Core.Codec;

namespace PoUW.Network.Sync;

/// <summary>
/// The form that announcements have in common: RLP list (0, what names the thing) or (1, the thing itself), so that small things travel whole.
/// </summary>
internal static class AnnouncedItem
{
    private const ulong Named = 0;
    private const ulong Whole = 1;

    /// <summary>The longest announcement of a thing that travels whole up to so many bytes, and has a name of so many.</summary>
    internal static int MaxEncodedBytes(int inlineBytes, int nameBytes) => Math.Max(inlineBytes, nameBytes) + 8;

    /// <param name="isWhole">Whether the item is the thing itself.</param>
    /// <param name="item">The encoding of one RLP item.</param>
    internal static byte[] Encode(bool isWhole, ReadOnlySpan<byte> item) =>
        new RlpWriter().BeginList().Write(isWhole ? Whole : Named).WriteEncoded(item).EndList().Finish();

    /// <summary>Takes the item out of an announcement, without looking into it.</summary>
    /// <returns>Its encoding; empty if the form is wrong.</returns>
    internal static ReadOnlySpan<byte> Read(ReadOnlySpan<byte> encoded, out bool isWhole)
    {
        RlpReader outer = new(encoded);
        RlpReader parts = outer.ReadList();
        isWhole = parts.ReadUInt64(Whole) == Whole;
        ReadOnlySpan<byte> item = parts.ReadEncodedItem();
        return parts.TryFinish() && outer.TryFinish() ? item : [];
    }
}
