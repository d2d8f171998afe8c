using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Network.Sync;

/// <summary>A new transaction as gossip carries it: whole, or a long one by its id. Encoding: RLP list (0, id) or (1, transaction).</summary>
/// <param name="Id">The id.</param>
/// <param name="Transaction">The transaction if it came along.</param>
public sealed record TransactionAnnouncement(Hash256 Id, Transaction? Transaction)
{
    /// <summary>Largest encoding in bytes.</summary>
    public static int MaxEncodedBytes(int inlineBytes) => AnnouncedItem.MaxEncodedBytes(inlineBytes, IdList.ItemBytes);

    /// <summary>Encodes a transaction: whole if it is small enough.</summary>
    public static byte[] Encode(Transaction transaction, int inlineBytes)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ReadOnlyMemory<byte> whole = transaction.Encode();
        return whole.Length <= inlineBytes
            ? AnnouncedItem.Encode(isWhole: true, whole.Span)
            : AnnouncedItem.Encode(isWhole: false, new RlpWriter().Write(transaction.Id).Finish());
    }

    /// <summary>Reads an announcement; null if it is none.</summary>
    public static TransactionAnnouncement? TryDecode(ReadOnlySpan<byte> encoded, int inlineBytes)
    {
        if (encoded.Length > MaxEncodedBytes(inlineBytes))
        {
            return null;
        }

        ReadOnlySpan<byte> item = AnnouncedItem.Read(encoded, out bool isWhole);
        if (isWhole)
        {
            return item.Length <= inlineBytes && Core.Transactions.Transaction.TryDecode(item, out Transaction? transaction).IsValid
                ? new TransactionAnnouncement(transaction!.Id, transaction)
                : null;
        }

        RlpReader reader = new(item);
        Hash256 id = reader.ReadHash();
        return reader.TryFinish() ? new TransactionAnnouncement(id, null) : null;
    }
}
