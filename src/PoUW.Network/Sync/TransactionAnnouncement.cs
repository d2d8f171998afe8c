using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Network.Sync;

/// <summary>A new transaction as gossip carries it: whole, or a long one by its id. Encoding: RLP list (0, id) or (1, transaction).</summary>
/// <param name="Id">The id.</param>
/// <param name="Transaction">The transaction if it came along.</param>
public sealed record TransactionAnnouncement(Hash256 Id, Transaction? Transaction)
{
    private const byte IdForm = 0;
    private const byte WholeForm = 1;

    /// <summary>Largest encoding in bytes.</summary>
    public static int MaxEncodedBytes(int inlineBytes) => Math.Max(inlineBytes, IdList.ItemBytes) + 8;

    /// <summary>Encodes a transaction: whole if it is small enough.</summary>
    public static byte[] Encode(Transaction transaction, int inlineBytes)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        RlpWriter writer = new RlpWriter().BeginList();
        ReadOnlyMemory<byte> whole = transaction.Encode();
        writer = whole.Length <= inlineBytes
            ? writer.Write((ulong)WholeForm).WriteEncoded(whole.Span)
            : writer.Write((ulong)IdForm).Write(transaction.Id);
        return writer.EndList().Finish();
    }

    /// <summary>Reads an announcement; null if it is none.</summary>
    public static TransactionAnnouncement? TryDecode(ReadOnlySpan<byte> encoded, int inlineBytes)
    {
        if (encoded.Length > MaxEncodedBytes(inlineBytes))
        {
            return null;
        }

        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        if (items.ReadUInt64(WholeForm) == IdForm)
        {
            Hash256 id = items.ReadHash();
            return items.TryFinish() && outer.TryFinish() ? new TransactionAnnouncement(id, null) : null;
        }

        ReadOnlySpan<byte> whole = items.ReadEncodedItem();
        return items.TryFinish() && outer.TryFinish() && whole.Length <= inlineBytes
            && Core.Transactions.Transaction.TryDecode(whole, out Transaction? transaction).IsValid
            ? new TransactionAnnouncement(transaction!.Id, transaction)
            : null;
    }
}
