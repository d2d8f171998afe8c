using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Network.Sync;

/// <summary>
/// Asks for the headers that follow the first known block of a locator on the answering node's chain. The locator names what the asker
/// has, the best first, ever sparser, and its genesis last. Encoding: RLP list (locator, count).
/// </summary>
/// <param name="Locator">1 to <see cref="MaxLocator"/> block ids.</param>
/// <param name="Count">The most headers to send, 1 to <see cref="MaxHeaders"/>.</param>
public sealed record HeadersRequest(IReadOnlyList<Hash256> Locator, int Count)
{
    /// <summary>Ids of a locator.</summary>
    public const int MaxLocator = 64;

    /// <summary>Headers of an answer.</summary>
    public const int MaxHeaders = 512;

    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = (MaxLocator * IdList.ItemBytes) + 16;

    /// <summary>Encodes.</summary>
    public byte[] Encode() => IdList.Write(new RlpWriter().BeginList(), Locator).Write((ulong)Count).EndList().Finish();

    /// <summary>Reads a request; null if it is none.</summary>
    public static HeadersRequest? TryDecode(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length > MaxEncodedBytes)
        {
            return null;
        }

        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        List<Hash256>? locator = IdList.Read(ref items, 1, MaxLocator);
        int count = (int)items.ReadUInt64(MaxHeaders);
        return locator is not null && count > 0 && items.TryFinish() && outer.TryFinish() ? new HeadersRequest(locator, count) : null;
    }
}
