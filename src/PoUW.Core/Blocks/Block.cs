using System.Buffers;
using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Blocks;

/// <summary>
/// A block: header, transactions, the work certificate, and the producer's seal. Encoding: RLP list (header, list of transactions, public
/// data, seal, witness); a pruned witness is empty. Immutable.
/// </summary>
/// <param name="Header">The header; its id is the block's id.</param>
/// <param name="Transactions">The transactions in the order of execution.</param>
/// <param name="Certificate">The work certificate; both parts are empty in the genesis block.</param>
/// <param name="Seal">The producer's signature; empty in the genesis block.</param>
public sealed record Block(BlockHeader Header, IReadOnlyList<Transaction> Transactions, WorkCertificate Certificate, ProducerSeal Seal)
{
    /// <summary>Largest public data of a certificate in bytes.</summary>
    public const int MaxPublicDataBytes = 1024;

    /// <summary>Largest witness of a certificate in bytes.</summary>
    public const int MaxWitnessBytes = TileWorkParameters.MaxWitnessBytes;

    /// <summary>The block's id.</summary>
    public Hash256 Id => Header.Id;

    /// <summary>The header with its producer's signature.</summary>
    public SignedHeader SignedHeader => new(Header, Seal);

    /// <summary>The largest encoding of a block on a network whose limit without witness is <paramref name="maxBlockBytes"/>.</summary>
    public static int MaxEncodedBytes(int maxBlockBytes) => maxBlockBytes + MaxWitnessBytes + 8;

    /// <summary>The root over the full hashes of transactions.</summary>
    public static Hash256 TransactionRootOf(IReadOnlyList<Transaction> transactions)
    {
        byte[] hashes = ArrayPool<byte>.Shared.Rent(transactions.Count * Hash256.Size);
        for (int i = 0; i < transactions.Count; i++)
        {
            transactions[i].FullHash.CopyTo(hashes.AsSpan(i * Hash256.Size));
        }

        Hash256 root = MerkleRoot.Fold(hashes, transactions.Count);
        ArrayPool<byte>.Shared.Return(hashes);
        return root;
    }

    /// <summary>
    /// Bytes of the encoding with an empty witness. Counted from the lengths of the parts, which the transactions know, so it costs an
    /// addition a transaction and is right for copies made by "with".
    /// </summary>
    public int EncodedLengthWithoutWitness
    {
        get
        {
            using RlpWriter small = new();
            Header.Write(small);
            WriteTail(small, []);
            int transactions = 0;
            for (int i = 0; i < Transactions.Count; i++)
            {
                transactions += Transactions[i].EncodedLength;
            }

            return RlpWriter.ListLength(small.WrittenSpan.Length + RlpWriter.ListLength(transactions));
        }
    }

    /// <summary>The canonical encoding with the witness.</summary>
    public byte[] Encode() => Encode(Certificate.Witness.Span);

    /// <summary>The canonical encoding with an empty witness.</summary>
    public byte[] EncodeWithoutWitness() => Encode([]);

    /// <summary>Writes what <see cref="EncodeWithoutWitness"/> gives: the header anew, the transactions as copies of their encodings.</summary>
    public void WriteWithoutWitness(RlpWriter writer) => Write(writer, []);

    /// <summary>Reads a block; checks form and limits only.</summary>
    /// <param name="data">The encoding.</param>
    /// <param name="maxBlockBytes">The network's limit for a block without its witness.</param>
    /// <param name="block">The block, or null.</param>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> data, int maxBlockBytes, out Block? block)
    {
        block = null;
        if (data.Length > MaxEncodedBytes(maxBlockBytes))
        {
            return ValidationResult.Fail(
                ValidationCode.TooLarge, nameof(Block), $"{data.Length} bytes; the limit is {MaxEncodedBytes(maxBlockBytes)}.");
        }

        RlpReader outer = new(data);
        RlpReader items = outer.ReadList();
        BlockHeader header = BlockHeader.Read(ref items, out bool headerComplete);
        if (!headerComplete)
        {
            return Malformed();
        }

        ValidationResult list = ReadTransactions(items.ReadListPayload(), items.Failed, out List<Transaction> transactions);
        if (!list.IsValid)
        {
            return list;
        }

        byte[] publicData = items.ReadBytes(MaxPublicDataBytes).ToArray();
        ProducerSeal seal = ProducerSeal.Read(ref items, out bool sealComplete);
        byte[] witness = items.ReadBytes(MaxWitnessBytes).ToArray();
        if (!sealComplete || !items.TryFinish() || !outer.TryFinish())
        {
            return Malformed();
        }

        block = new Block(header, transactions, new WorkCertificate(publicData, witness), seal);
        return ValidationResult.Ok;
    }

    private static ValidationResult Malformed() =>
        ValidationResult.Fail(ValidationCode.Malformed, nameof(Block), "Not the canonical encoding of a block.");

    private static ValidationResult ReadTransactions(ReadOnlySpan<byte> payload, bool failed, out List<Transaction> transactions)
    {
        transactions = new List<Transaction>(payload.Length / Transaction.MinEncodedBytes);
        RlpReader list = new(payload);
        while (!list.AtEnd)
        {
            ValidationResult decoded = Transaction.TryDecode(list.ReadEncodedItem(), out Transaction? transaction);
            if (!decoded.IsValid)
            {
                return decoded;
            }

            transactions.Add(transaction!);
        }

        return !failed && list.TryFinish()
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.Malformed, nameof(Transactions), "Not a list of transactions.");
    }

    private byte[] Encode(ReadOnlySpan<byte> witness)
    {
        RlpWriter writer = new();
        Write(writer, witness);
        return writer.Finish();
    }

    private void Write(RlpWriter writer, ReadOnlySpan<byte> witness)
    {
        Header.Write(writer.BeginList());
        writer.BeginList();
        for (int i = 0; i < Transactions.Count; i++)
        {
            writer.WriteEncoded(Transactions[i].Encode().Span);
        }

        writer.EndList();
        WriteTail(writer, witness);
        writer.EndList();
    }

    /// <summary>What comes after the transactions.</summary>
    private void WriteTail(RlpWriter writer, ReadOnlySpan<byte> witness)
    {
        Seal.Write(writer.Write(Certificate.PublicData.Span));
        writer.Write(witness);
    }
}
