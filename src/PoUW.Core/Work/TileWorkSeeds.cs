using System.Buffers.Binary;
using PoUW.Core.Primitives;

namespace PoUW.Core.Work;

/// <summary>
/// The chain of seeds of one ticketed product: sigma binds the header, seedB the right operand, seedA everything. Integers are
/// little-endian, H is SHA-256. Immutable.
/// </summary>
/// <param name="SeedA">Key of the noise of A and of the tickets.</param>
/// <param name="SeedB">Key of the noise of B; independent of A, so that one B can serve several products.</param>
/// <param name="TicketKey">H("TW1/ticket" || seedA).</param>
public sealed record TileWorkSeeds(Hash256 SeedA, Hash256 SeedB, Hash256 TicketKey)
{
    /// <summary>sigma of an unbound ticket: H("TW1/sigma" || 0 || chainId || incomplete header).</summary>
    public static Hash256 UnboundSigma(ulong chainId, ReadOnlySpan<byte> incompleteHeader)
    {
        Span<byte> prefix = stackalloc byte[9 + 1 + 8];
        WriteSigmaPrefix(prefix, 0, chainId);
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        hash.AppendData(prefix);
        hash.AppendData(incompleteHeader);
        Span<byte> digest = stackalloc byte[Hash256.Size];
        hash.GetHashAndReset(digest);
        return new Hash256(digest);
    }

    /// <summary>
    /// sigma of a bound ticket: H("TW1/sigma" || 1 || chainId || height || previous hash || bits || lease id || miner key).
    /// </summary>
    /// <param name="chainId">The chain.</param>
    /// <param name="height">Height of the block.</param>
    /// <param name="previousHash">Hash of the parent.</param>
    /// <param name="bits">Compact target.</param>
    /// <param name="leaseId">The lease.</param>
    /// <param name="minerKey">What identifies the lease's holder, at most 65 bytes; the chain uses the 20 bytes of its address.</param>
    public static Hash256 BoundSigma(
        ulong chainId, ulong height, Hash256 previousHash, uint bits, Hash256 leaseId, ReadOnlySpan<byte> minerKey)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minerKey.Length, 65, nameof(minerKey));
        Span<byte> preimage = stackalloc byte[9 + 1 + 8 + 8 + Hash256.Size + 4 + Hash256.Size + minerKey.Length];
        WriteSigmaPrefix(preimage, 1, chainId);
        BinaryPrimitives.WriteUInt64LittleEndian(preimage[18..], height);
        previousHash.CopyTo(preimage[26..]);
        BinaryPrimitives.WriteUInt32LittleEndian(preimage[58..], bits);
        leaseId.CopyTo(preimage[62..]);
        minerKey.CopyTo(preimage[94..]);
        return Hash256.Sha256(preimage);
    }

    /// <summary>Derives the seeds of a product.</summary>
    /// <param name="sigma">Binds the header.</param>
    /// <param name="shape">True dimensions.</param>
    /// <param name="tagA">Tag of the stored A.</param>
    /// <param name="tagB">Tag of the stored B.</param>
    /// <param name="binding">Zero for unbound tickets.</param>
    public static TileWorkSeeds Derive(Hash256 sigma, in TileWorkShape shape, Hash256 tagA, Hash256 tagB, Hash256 binding)
    {
        Hash256 seedB = DeriveB(sigma, shape, tagB);
        Span<byte> a = stackalloc byte[5 + 64 + 16 + 1 + 32];
        "TW1/a"u8.CopyTo(a);
        seedB.CopyTo(a[5..]);
        tagA.CopyTo(a[37..]);
        BinaryPrimitives.WriteInt32LittleEndian(a[69..], shape.M);
        BinaryPrimitives.WriteInt32LittleEndian(a[73..], shape.K);
        BinaryPrimitives.WriteInt32LittleEndian(a[77..], shape.N);
        BinaryPrimitives.WriteInt32LittleEndian(a[81..], shape.Rank);
        a[85] = shape.TransposeA ? (byte)1 : (byte)0;
        binding.CopyTo(a[86..]);
        Hash256 seedA = Hash256.Sha256(a);

        Span<byte> ticket = stackalloc byte[10 + 32];
        "TW1/ticket"u8.CopyTo(ticket);
        seedA.CopyTo(ticket[10..]);
        return new TileWorkSeeds(seedA, seedB, Hash256.Sha256(ticket));
    }

    /// <summary>ticket = H(ticket key || W[0..15] || I || J || g); compare it as a big-endian number.</summary>
    public Hash256 Ticket(ReadOnlySpan<uint> state, int tileRow, int tileColumn, int segment)
    {
        Span<byte> preimage = stackalloc byte[32 + 64 + 12];
        TicketKey.CopyTo(preimage);
        for (int i = 0; i < TileWorkParameters.StateWords; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(preimage[(32 + (i * 4))..], state[i]);
        }

        BinaryPrimitives.WriteInt32LittleEndian(preimage[96..], tileRow);
        BinaryPrimitives.WriteInt32LittleEndian(preimage[100..], tileColumn);
        BinaryPrimitives.WriteInt32LittleEndian(preimage[104..], segment);
        return Hash256.Sha256(preimage);
    }

    private static Hash256 DeriveB(Hash256 sigma, in TileWorkShape shape, Hash256 tagB)
    {
        Span<byte> b = stackalloc byte[5 + 64 + 12 + 1];
        "TW1/b"u8.CopyTo(b);
        sigma.CopyTo(b[5..]);
        tagB.CopyTo(b[37..]);
        BinaryPrimitives.WriteInt32LittleEndian(b[69..], shape.K);
        BinaryPrimitives.WriteInt32LittleEndian(b[73..], shape.N);
        BinaryPrimitives.WriteInt32LittleEndian(b[77..], shape.Rank);
        b[81] = shape.TransposeB ? (byte)1 : (byte)0;
        return Hash256.Sha256(b);
    }

    private static void WriteSigmaPrefix(Span<byte> destination, byte form, ulong chainId)
    {
        "TW1/sigma"u8.CopyTo(destination);
        destination[9] = form;
        BinaryPrimitives.WriteUInt64LittleEndian(destination[10..], chainId);
    }
}
