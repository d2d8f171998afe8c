using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Sdk.Sync;

/// <summary>
/// Asks for the blocks that follow the best common ancestor. The locator names blocks of the asker's chain from its head down, ever
/// sparser, and its genesis last.
/// </summary>
/// <param name="Locator">1 to <see cref="MaxLocator"/> block ids.</param>
internal sealed record SyncRequest(IReadOnlyList<Hash256> Locator)
{
    public const string Protocol = "pouw/sync/1";
    public const int MaxLocator = 64;
    public const int MaxEncodedBytes = 64 * 34;

    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList();
        foreach (Hash256 id in Locator)
        {
            writer.Write(id);
        }

        return writer.EndList().Finish();
    }

    public static SyncRequest? TryDecode(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length > MaxEncodedBytes)
        {
            return null;
        }

        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        List<Hash256> locator = [];
        while (!items.AtEnd && locator.Count < MaxLocator)
        {
            locator.Add(items.ReadHash());
        }

        return outer.TryFinish() && items.TryFinish() && locator.Count > 0 ? new SyncRequest(locator) : null;
    }
}
