using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Network.Sync;

/// <summary>Asks for blocks by id. Encoding: RLP list of ids.</summary>
/// <param name="Ids">1 to <see cref="MaxIds"/> ids.</param>
public sealed record BodiesRequest(IReadOnlyList<Hash256> Ids)
{
    /// <summary>Ids of a request.</summary>
    public const int MaxIds = 256;

    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = (MaxIds * IdList.ItemBytes) + 5;

    /// <summary>Encodes.</summary>
    public byte[] Encode() => IdList.Write(new RlpWriter(), Ids).Finish();

    /// <summary>Reads a request; null if it is none.</summary>
    public static BodiesRequest? TryDecode(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length > MaxEncodedBytes)
        {
            return null;
        }

        RlpReader outer = new(encoded);
        List<Hash256>? ids = IdList.Read(ref outer, 1, MaxIds);
        return ids is not null && outer.TryFinish() ? new BodiesRequest(ids) : null;
    }
}
