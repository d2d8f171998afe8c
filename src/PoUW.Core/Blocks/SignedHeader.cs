using PoUW.Core.Codec;

namespace PoUW.Core.Blocks;

/// <summary>A header with its producer's seal: what proves who made a block. Encoding: RLP list (header, seal). Immutable.</summary>
/// <param name="Header">The full header.</param>
/// <param name="Seal">The producer's signature; not checked here.</param>
public sealed record SignedHeader(BlockHeader Header, ProducerSeal Seal)
{
    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = BlockHeader.MaxEncodedBytes + ProducerSeal.MaxEncodedBytes + 4;

    /// <summary>The canonical encoding.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList();
        Header.Write(writer);
        Seal.Write(writer);
        return writer.EndList().Finish();
    }

    /// <summary>Reads a signed header; checks form only.</summary>
    /// <returns>False if the bytes are not the canonical encoding.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> data, out SignedHeader? signed)
    {
        signed = null;
        if (data.Length > MaxEncodedBytes)
        {
            return false;
        }

        RlpReader outer = new(data);
        RlpReader items = outer.ReadList();
        BlockHeader header = BlockHeader.Read(ref items, out bool headerComplete);
        ProducerSeal seal = ProducerSeal.Read(ref items, out bool sealComplete);
        signed = headerComplete && sealComplete && items.TryFinish() && outer.TryFinish() ? new SignedHeader(header, seal) : null;
        return signed is not null;
    }
}
