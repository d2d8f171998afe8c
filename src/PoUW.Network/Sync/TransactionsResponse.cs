using PoUW.Core.Codec;
using PoUW.Core.Transactions;

namespace PoUW.Network.Sync;

/// <summary>
/// Transactions in the order in which they were asked for; those that do not wait any more are left out, and the answer may end early.
/// Encoding: RLP list of transactions.
/// </summary>
/// <param name="Transactions">The transactions.</param>
public sealed record TransactionsResponse(IReadOnlyList<Transaction> Transactions)
{
    /// <summary>Largest encoding in bytes: one transaction may be longer than an answer should be.</summary>
    public static int MaxEncodedBytes(int answerBytes) => Math.Max(answerBytes, Transaction.MaxEncodedBytes) + 16;

    /// <summary>Encodes.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList();
        foreach (Transaction transaction in Transactions)
        {
            writer.WriteEncoded(transaction.Encode().Span);
        }

        return writer.EndList().Finish();
    }

    /// <summary>Reads an answer to a request for a number of transactions; null if it is none.</summary>
    public static TransactionsResponse? TryDecode(ReadOnlySpan<byte> encoded, int count, int answerBytes)
    {
        if (encoded.Length > MaxEncodedBytes(answerBytes))
        {
            return null;
        }

        RlpReader outer = new(encoded);
        RlpReader list = outer.ReadList();
        List<Transaction> transactions = [];
        while (!list.AtEnd && transactions.Count < count)
        {
            if (!Transaction.TryDecode(list.ReadEncodedItem(), out Transaction? transaction).IsValid)
            {
                return null;
            }

            transactions.Add(transaction!);
        }

        return list.TryFinish() && outer.TryFinish() ? new TransactionsResponse(transactions) : null;
    }
}
