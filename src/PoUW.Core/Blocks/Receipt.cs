using System.Buffers;
using System.Security.Cryptography;
using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Blocks;

/// <summary>What became of one transaction. Hashed into the receipts root.</summary>
/// <param name="TransactionId">The transaction.</param>
/// <param name="Code">The module's outcome; on anything but Ok only the fee was charged.</param>
/// <param name="GasUsed">Gas used.</param>
/// <param name="Fee">The whole fee, burned part and tip.</param>
public sealed record Receipt(Hash256 TransactionId, ValidationCode Code, ulong GasUsed, Amount Fee)
{
    /// <summary>SHA-256 of the canonical encoding.</summary>
    public Hash256 Hash
    {
        get
        {
            using RlpWriter writer = new();
            Write(writer);
            return Hash256.Sha256(writer.WrittenSpan);
        }
    }

    /// <summary>True when the transaction did what it asked for.</summary>
    public bool Succeeded => Code == ValidationCode.Ok;

    /// <summary>The root over the receipts of a block, in the order of its transactions.</summary>
    public static Hash256 RootOf(IReadOnlyList<Receipt> receipts)
    {
        byte[] hashes = ArrayPool<byte>.Shared.Rent(receipts.Count * Hash256.Size);
        using RlpWriter writer = new();
        for (int i = 0; i < receipts.Count; i++)
        {
            receipts[i].Write(writer.Reset());
            SHA256.HashData(writer.WrittenSpan, hashes.AsSpan(i * Hash256.Size));
        }

        Hash256 root = MerkleRoot.Fold(hashes, receipts.Count);
        ArrayPool<byte>.Shared.Return(hashes);
        return root;
    }

    /// <summary>The canonical encoding of a list of receipts.</summary>
    public static byte[] EncodeList(IReadOnlyList<Receipt> receipts)
    {
        RlpWriter writer = new();
        WriteList(writer, receipts);
        return writer.Finish();
    }

    /// <summary>Writes what <see cref="EncodeList"/> gives.</summary>
    public static void WriteList(RlpWriter writer, IReadOnlyList<Receipt> receipts)
    {
        writer.BeginList();
        for (int i = 0; i < receipts.Count; i++)
        {
            receipts[i].Write(writer);
        }

        writer.EndList();
    }

    /// <summary>Reads a list of receipts.</summary>
    /// <returns>False if the bytes are not the canonical encoding.</returns>
    public static bool TryDecodeList(ReadOnlySpan<byte> data, out IReadOnlyList<Receipt> receipts)
    {
        RlpReader outer = new(data);
        RlpReader list = outer.ReadList();
        List<Receipt> read = [];
        bool valid = true;
        while (valid && !list.AtEnd)
        {
            RlpReader items = list.ReadList();
            read.Add(new Receipt(
                items.ReadHash(), (ValidationCode)items.ReadUInt64(ushort.MaxValue), items.ReadUInt64(), items.ReadAmount()));
            valid = items.TryFinish();
        }

        valid = valid && list.TryFinish() && outer.TryFinish();
        receipts = valid ? read : [];
        return valid;
    }

    private void Write(RlpWriter writer)
    {
        writer.BeginList().Write(TransactionId).Write((ulong)Code).Write(GasUsed).Write(Fee).EndList();
    }
}
