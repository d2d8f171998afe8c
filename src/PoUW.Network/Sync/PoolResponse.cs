using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Network.Sync;

/// <summary>Ids of transactions that wait at the answering node, those that pay most first. Encoding: RLP list of ids.</summary>
/// <param name="Ids">The ids.</param>
public sealed record PoolResponse(IReadOnlyList<Hash256> Ids)
{
    /// <summary>Encodes.</summary>
    public byte[] Encode() => IdList.Write(new RlpWriter(), Ids).Finish();

    /// <summary>Reads an answer of at most a number of ids; null if it is none.</summary>
    public static PoolResponse? TryDecode(ReadOnlySpan<byte> encoded, int maxIds)
    {
        if (encoded.Length > IdList.MaxEncodedBytes(maxIds))
        {
            return null;
        }

        RlpReader outer = new(encoded);
        List<Hash256>? ids = IdList.Read(ref outer, 0, maxIds);
        return ids is not null && outer.TryFinish() ? new PoolResponse(ids) : null;
    }
}
