using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Core.Blocks;

/// <summary>
/// A block's header. The incomplete encoding (all fields but the certificate commitment) is what a ticket binds; the full encoding
/// appends the commitment, and its SHA-256 is the block's id. So the id fixes every byte of a block except the certificate's witness
/// and the producer's seal.
/// Immutable.
/// </summary>
public sealed record BlockHeader
{
    /// <summary>The header version of this software.</summary>
    public const ushort CurrentVersion = 1;

    /// <summary>Largest encoded header in bytes.</summary>
    public const int MaxEncodedBytes = 512;

    /// <summary>Format and rules version.</summary>
    public ushort Version { get; init; } = CurrentVersion;

    /// <summary>The chain that the block belongs to.</summary>
    public required ulong ChainId { get; init; }

    /// <summary>Distance from genesis, which is 0.</summary>
    public required ulong Height { get; init; }

    /// <summary>The parent's id; in the genesis block the hash of the network's parameters.</summary>
    public required Hash256 ParentHash { get; init; }

    /// <summary>When the block was made, milliseconds since the Unix epoch.</summary>
    public required ulong TimestampMs { get; init; }

    /// <summary>The target in compact form, as the difficulty rule gives it.</summary>
    public required uint Bits { get; init; }

    /// <summary>The account that the coinbase pays.</summary>
    public required Address Producer { get; init; }

    /// <summary>
    /// A free number. A miner that multiplies the same operands again takes another nonce, since the same header would give it the same
    /// tickets.
    /// </summary>
    public ulong Nonce { get; init; }

    /// <summary>The operation of a lease that the ticket is bound to; null for an unbound ticket.</summary>
    public BoundClaim? Claim { get; init; }

    /// <summary>Merkle root of the full transaction hashes.</summary>
    public required Hash256 TransactionRoot { get; init; }

    /// <summary>Root of the world state after the block.</summary>
    public required Hash256 StateRoot { get; init; }

    /// <summary>Merkle root of the receipts.</summary>
    public required Hash256 ReceiptsRoot { get; init; }

    /// <summary>Double SHA-256 of the certificate's public data; zero in the genesis block and in a header without certificate.</summary>
    public Hash256 CertificateCommitment { get; init; }

    /// <summary>SHA-256 of the full encoding, computed at every call (a copy made by "with" must not keep an old id).</summary>
    public Hash256 Id
    {
        get
        {
            using RlpWriter writer = new();
            Write(writer);
            return Hash256.Sha256(writer.WrittenSpan);
        }
    }

    /// <summary>The commitment of a certificate's public data.</summary>
    public static Hash256 CommitTo(ReadOnlySpan<byte> publicData) => WorkCertificates.Commitment(publicData);

    /// <summary>The full canonical encoding.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new();
        Write(writer);
        return writer.Finish();
    }

    /// <summary>The canonical encoding of all fields but the certificate commitment.</summary>
    public byte[] EncodeIncomplete() => WriteFields(new RlpWriter()).EndList().Finish();

    /// <summary>Reads a full header.</summary>
    /// <returns>False if the bytes are not the canonical encoding of a header.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> data, out BlockHeader? header)
    {
        header = null;
        if (data.Length > MaxEncodedBytes)
        {
            return false;
        }

        RlpReader outer = new(data);
        BlockHeader read = Read(ref outer, out bool complete);
        header = complete && outer.TryFinish() ? read : null;
        return header is not null;
    }

    internal static BlockHeader Read(ref RlpReader outer, out bool complete)
    {
        RlpReader items = outer.ReadList();
        BlockHeader read = new()
        {
            Version = (ushort)items.ReadUInt64(ushort.MaxValue),
            ChainId = items.ReadUInt64(),
            Height = items.ReadUInt64(),
            ParentHash = items.ReadHash(),
            TimestampMs = items.ReadUInt64(),
            Bits = (uint)items.ReadUInt64(uint.MaxValue),
            Producer = items.ReadAddress(),
            Nonce = items.ReadUInt64(),
            Claim = BoundClaim.Read(ref items, out bool claimComplete),
            TransactionRoot = items.ReadHash(),
            StateRoot = items.ReadHash(),
            ReceiptsRoot = items.ReadHash(),
            CertificateCommitment = items.ReadHash(),
        };
        complete = items.TryFinish() && claimComplete;
        return read;
    }

    /// <summary>Writes what <see cref="Encode"/> gives.</summary>
    internal void Write(RlpWriter writer) => WriteFields(writer).Write(CertificateCommitment).EndList();

    private RlpWriter WriteFields(RlpWriter writer)
    {
        writer.BeginList().Write((ulong)Version).Write(ChainId).Write(Height).Write(ParentHash).Write(TimestampMs)
            .Write((ulong)Bits).Write(Producer).Write(Nonce);
        BoundClaim.Write(writer, Claim);
        return writer.Write(TransactionRoot).Write(StateRoot).Write(ReceiptsRoot);
    }
}
