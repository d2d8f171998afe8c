using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Network.Sync;

/// <summary>
/// Asks about the state of a block: for an offer, or for one chunk of it. Encoding: RLP list (0, block id, path of the last leaf that is there,
/// empty for none) or (1, block id, number of the chunk).
/// </summary>
/// <param name="BlockId">The block.</param>
/// <param name="Chunk">The number of the chunk, from 0; null to ask for the offer.</param>
/// <param name="After">The path of the last leaf that is there, for an offer; null if none is.</param>
public sealed record SnapshotRequest(Hash256 BlockId, int? Chunk, Hash256? After)
{
    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = (2 * IdList.ItemBytes) + 8;

    private const byte OfferForm = 0;
    private const byte ChunkForm = 1;

    /// <summary>Encodes.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList().Write((ulong)(Chunk is null ? OfferForm : ChunkForm)).Write(BlockId);
        writer = Chunk is { } chunk ? writer.Write((ulong)chunk) : writer.Write(After is { } after ? after.ToArray() : []);
        return writer.EndList().Finish();
    }

    /// <summary>Reads a request; null if it is none.</summary>
    public static SnapshotRequest? TryDecode(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length > MaxEncodedBytes)
        {
            return null;
        }

        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        bool isChunk = items.ReadUInt64(ChunkForm) == ChunkForm;
        Hash256 id = items.ReadHash();
        int chunk = isChunk ? (int)items.ReadUInt64(int.MaxValue) : 0;
        ReadOnlySpan<byte> after = isChunk ? [] : items.ReadBytes(Hash256.Size);
        bool fits = after.Length is 0 or Hash256.Size && items.TryFinish() && outer.TryFinish();
        return fits ? new SnapshotRequest(id, isChunk ? chunk : null, after.IsEmpty ? null : new Hash256(after)) : null;
    }
}
