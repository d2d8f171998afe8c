using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Mempool;

/// <summary>Bounds and orders with thousands of transactions.</summary>
public sealed class PoolBoundsTests
{
    private const int Senders = 2_000;

    private static readonly Amount Rich = Amount.FromCoins(1_000);

    [Test]
    public void A_flood_leaves_the_best_in_order_whatever_came_and_went()
    {
        const int Limit = 700;
        Random random = new(7);
        using PoolNet net = new(Senders, Rich, new MempoolOptions { MaxCount = Limit });
        List<Transaction> flood = [.. Enumerable.Range(0, Senders).Select(i => net.Pay(i, 0, tip: (ulong)random.Next(200)))];
        Assert.That(net.Pool.AdmitAll(flood).Count(result => result.IsValid), Is.GreaterThan(Limit));

        // Ties go to the earlier one; what once was pushed out stays out, which for single transactions changes nothing.
        Transaction[] best = [.. flood.OrderByDescending(transaction => transaction.Body.TipPerGas).Take(Limit)];
        Assert.That(net.Pool.List(), Is.EqualTo(best));
        Assert.That(net.Pool.Select(PoolNet.ManyGas * 10), Is.EqualTo(best));

        // Holes in the middle of every heap.
        Transaction[] mined = [.. best.Where(_ => random.Next(4) == 0).Take(200)];
        net.Mine(mined);
        Transaction[] left = [.. best.Except(mined)];
        Assert.That(net.Pool.List(), Is.EqualTo(left));
        Transaction[] dearer = [.. left.Where(_ => random.Next(3) == 0)
            .Select(old => net.Pay(flood.IndexOf(old), 0, tip: old.Body.TipPerGas + (PoolNet.TipStep * (ulong)random.Next(1, 4))))];
        Assert.That(net.Pool.AdmitAll(dearer).Select(result => result.IsValid), Is.All.True);
        IEnumerable<Transaction> kept = left.Where(old => !dearer.Any(now => now.Body.PublicKey.Span.SequenceEqual(old.Body.PublicKey.Span)));
        Assert.That(net.Pool.List(), Is.EqualTo(kept.Concat(dearer).OrderByDescending(transaction => transaction.Body.TipPerGas)));
    }

    [Test]
    public void What_a_pool_accounts_for_covers_the_memory_that_it_takes()
    {
        using PoolNet net = new(Senders, Rich);
        byte[][] encoded = [.. Enumerable.Range(0, Senders).Select(i => net.Pay(i, 0, tip: (ulong)i, expiry: 1_000).Encode().ToArray())];
        foreach (byte[] bytes in encoded)
        {
            // The memories of signatures and of the state are not the pool's.
            Transaction transaction = Decode(bytes);
            net.Chain.TransactionRules.CheckSignature(transaction, out Address sender);
            net.Chain.HeadState.GetAccount(sender);
        }

        TransactionPool pool = new(net.Chain, new MempoolOptions());
        long before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (byte[] bytes in encoded)
        {
            Assert.That(pool.Admit(Decode(bytes)).IsValid, Is.True);
        }

        long taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.That(taken, Is.LessThanOrEqualTo(pool.Bytes));
        Assert.That(taken, Is.GreaterThan(pool.Bytes / 3), "and is no fantasy either");
    }

    [Test]
    public void Large_transactions_push_out_as_many_small_ones_as_they_need_and_never_more()
    {
        using PoolNet net = new(Senders, Rich, new MempoolOptions { MaxBytes = 400_000 });
        Transaction[] small = [.. Enumerable.Range(0, 400).Select(i => net.Pay(i, 0, tip: 1))];
        int fitting = net.Pool.AdmitAll(small).Count(result => result.IsValid);
        Transaction large = net.Pay(Senders - 1, 0, tip: 2, memo: 64);
        Assert.That(net.Pool.Admit(large).IsValid, Is.True);

        Assert.That(net.Pool.Count, Is.EqualTo(fitting));
        Assert.That(net.Pool.Bytes, Is.LessThanOrEqualTo(400_000));
        Assert.That(net.Pool.List(), Is.EqualTo(small.Take(fitting - 1).Prepend(large)), "the latest of the cheapest left");
    }

    private static Transaction Decode(byte[] bytes)
    {
        Assert.That(Transaction.TryDecode(bytes, out Transaction? transaction).IsValid, Is.True);
        return transaction!;
    }
}
