using PoUW.Core.Codec;
using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;

namespace PoUW.Core.Transactions;

/// <summary>The signed part of a transaction. Immutable.</summary>
public sealed record TransactionBody
{
    /// <summary>Which module executes it.</summary>
    public required TransactionKind Kind { get; init; }

    /// <summary>The only chain on which it is valid.</summary>
    public required ulong ChainId { get; init; }

    /// <summary>Must equal the sender's account nonce when it executes.</summary>
    public required ulong Nonce { get; init; }

    /// <summary>The last height at which it may execute.</summary>
    public ulong ExpiryHeight { get; init; } = ulong.MaxValue;

    /// <summary>The most gas that it may use; a transaction that needs more cannot be included.</summary>
    public required ulong GasLimit { get; init; }

    /// <summary>Base units a unit of gas that the sender pays at most; at least the base fee plus the tip.</summary>
    public required ulong MaxFeePerGas { get; init; }

    /// <summary>Base units a unit of gas that go to the block's producer.</summary>
    public ulong TipPerGas { get; init; }

    /// <summary>The module's own encoding, up to <see cref="Transaction.MaxPayloadBytes"/>.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The signature scheme.</summary>
    public byte SchemeId { get; init; } = Secp256k1Scheme.SchemeId;

    /// <summary>The sender's public key, 33 bytes.</summary>
    public required ReadOnlyMemory<byte> PublicKey { get; init; }

    /// <summary>The canonical encoding, which the id hashes and the signature signs.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList();
        WriteItems(writer);
        return writer.EndList().Finish();
    }

    internal void WriteItems(RlpWriter writer)
    {
        writer.Write((ulong)Kind).Write(ChainId).Write(Nonce).Write(ExpiryHeight).Write(GasLimit).Write(MaxFeePerGas).Write(TipPerGas)
            .Write(Payload.Span).Write((ulong)SchemeId).Write(PublicKey.Span);
    }

    /// <summary>Reads the items; payload and key are slices of <paramref name="encoded"/>, which <paramref name="items"/> reads.</summary>
    internal static TransactionBody ReadItems(ref RlpReader items, byte[] encoded) => new()
    {
        Kind = (TransactionKind)items.ReadUInt64(byte.MaxValue),
        ChainId = items.ReadUInt64(),
        Nonce = items.ReadUInt64(),
        ExpiryHeight = items.ReadUInt64(),
        GasLimit = items.ReadUInt64(),
        MaxFeePerGas = items.ReadUInt64(),
        TipPerGas = items.ReadUInt64(),
        Payload = SliceOf(encoded, items.ReadBytes(Transaction.MaxPayloadBytes)),
        SchemeId = (byte)items.ReadUInt64(byte.MaxValue),
        PublicKey = SliceOf(encoded, items.ReadFixed(Secp256k1Scheme.PublicKeySize)),
    };

    private static ReadOnlyMemory<byte> SliceOf(byte[] encoded, ReadOnlySpan<byte> part) =>
        encoded.AsSpan().Overlaps(part, out int at) ? encoded.AsMemory(at, part.Length) : default;
}
