using PoUW.Core.Chain;
using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Storage;
using PoUW.Core.Transactions;
using PoUW.Storage.Sqlite;

namespace PoUW.Core.Tests.Mempool;

public sealed class MempoolJournalTests
{
    private static readonly Amount Rich = Amount.FromCoins(1_000);

    private static readonly IComparer<Transaction> ById = Comparer<Transaction>.Create((left, right) => left.Id.CompareTo(right.Id));

    private InMemoryKeyValueStore _store = null!;
    private PoolNet _net = null!;

    [SetUp]
    public void Open()
    {
        _store = new InMemoryKeyValueStore();
        _net = new PoolNet(12, Rich, store: _store);
    }

    [TearDown]
    public void Close()
    {
        _net.Dispose();
        _store.Dispose();
    }

    [Test]
    public void A_pool_is_as_it_was_after_a_restart()
    {
        using (MempoolJournal.Open(_store, _net.Chain, _net.Pool))
        {
            // Nonces out of order, equal tips, a replacement, one that a block takes.
            _net.Pool.AdmitAll(
            [
                _net.Pay(0, 1, tip: 5), _net.Pay(1, 0, tip: 5), _net.Pay(0, 0, tip: 7), _net.Pay(2, 0, tip: 5), _net.Pay(3, 0, tip: 1),
                _net.Pay(3, 0, tip: PoolNet.TipStep), _net.Pay(4, 0, tip: 9), _net.Pay(5, 3, tip: 2),
            ]);
            _net.Mine(_net.Pay(4, 0, tip: 9));
        }

        Assert.That(_net.Pool.Count, Is.EqualTo(6));
        TransactionPool again = Restart(out MempoolJournal journal);
        Assert.That(again.List(), Is.EqualTo(_net.Pool.List()).Using(ById));
        Assert.That((journal.Restored, journal.Damaged), Is.EqualTo((6, 0)));
        Assert.That(again.Select(PoolNet.ManyGas), Is.EqualTo(_net.Pool.Select(PoolNet.ManyGas)).Using(ById));
    }

    [Test]
    public void Only_blocks_flushes_and_the_end_write_and_what_came_and_went_never_is()
    {
        CountingStore store = new(_store);
        MempoolJournal journal = MempoolJournal.Open(store, _net.Chain, _net.Pool);
        _net.Pool.AdmitAll([_net.Pay(0, 0, tip: 1), _net.Pay(1, 0)]);
        Assert.That(store.Operations, Is.Empty);
        _net.Mine(_net.Pay(0, 0, tip: 1));
        Assert.That(store.Operations, Is.EqualTo(new[] { 1 }), "one batch with the one that still waits");
        journal.Flush();
        _net.Mine();
        Assert.That(store.Operations, Has.Count.EqualTo(1), "nothing has changed");
        _net.Pool.Admit(_net.Pay(1, 0, tip: PoolNet.TipStep));
        journal.Flush();
        Assert.That(store.Operations, Is.EqualTo(new[] { 1, 2 }));
        _net.Pool.Admit(_net.Pay(2, 0));
        journal.Dispose();
        journal.Dispose();
        _net.Pool.Admit(_net.Pay(3, 0));
        _net.Mine();

        Assert.That(store.Operations, Is.EqualTo(new[] { 1, 2, 1 }));
        Assert.That(Keys(), Has.Count.EqualTo(2));
    }

    [Test]
    public void A_crash_loses_the_last_moments_only_and_what_was_mined_meanwhile_is_refused_and_removed()
    {
        MempoolJournal lost = MempoolJournal.Open(_store, _net.Chain, _net.Pool);
        Transaction kept = _net.Pay(0, 0);
        Transaction mined = _net.Pay(1, 0);
        _net.Pool.AdmitAll([kept, mined]);
        lost.Flush();
        _net.Pool.Admit(_net.Pay(2, 0));

        // The process ends here: another chain on the same network stands for what the next one sees.
        _net.Chain.Unsubscribe(lost);
        _net.Mine(mined);
        TransactionPool again = Restart(out MempoolJournal journal);
        Assert.That(again.List(), Is.EqualTo(new[] { kept }).Using(ById));
        journal.Flush();
        Assert.That(Keys(), Has.Count.EqualTo(1));
    }

    [Test]
    public void Damaged_entries_are_skipped_counted_and_removed()
    {
        using MetricCollector metrics = new("node");
        using (MempoolJournal.Open(_store, _net.Chain, _net.Pool))
        {
            _net.Pool.AdmitAll([.. Enumerable.Range(0, 8).Select(i => _net.Pay(i, 0, tip: (ulong)i))]);
        }

        List<byte[]> keys = Keys();
        byte[] good = _store.Get(keys[7])!;
        WriteBatch damage = new();
        damage.Put(keys[0], []);
        damage.Put(keys[1], good.AsSpan(1));
        damage.Put(keys[2], [.. good, 0]);
        damage.Put(keys[3], Flipped(_store.Get(keys[3])!, 10));
        damage.Put(keys[4], Flipped(_store.Get(keys[4])!, ^3));
        damage.Put([.. keys[5], 0], good);
        damage.Put("pool/"u8, good);
        damage.Put([.. "pool/"u8, 255, 255, 255, 255, 255, 255, 255, 255], good);
        damage.Put([.. "pool/"u8, 255, 255, 255, 255, 255, 255, 255, 254], good);
        _store.Apply(damage);
        TransactionPool again = Restart(out MempoolJournal journal);

        Assert.That(again.List().Select(transaction => transaction.Body.TipPerGas), Is.EqualTo(new ulong[] { 7, 6, 5 }));
        Assert.That(journal.Damaged, Is.GreaterThanOrEqualTo(7));
        Assert.That(metrics["pouw.mempool.journal.damaged"], Is.EqualTo(journal.Damaged));
        journal.Flush();
        Assert.That(Keys(), Has.Count.EqualTo(3));
        Assert.That(Restart(out _).Count, Is.EqualTo(3));
    }

    [Test]
    public void Random_damage_never_stops_a_restart_and_admits_nothing_that_the_rules_refuse()
    {
        Random random = new(3);
        using (MempoolJournal.Open(_store, _net.Chain, _net.Pool))
        {
            _net.Pool.AdmitAll([.. Enumerable.Range(0, 12).Select(i => _net.Pay(i, 0))]);
        }

        HashSet<Hash256> honest = [.. _net.Pool.List().Select(transaction => transaction.Id)];
        List<byte[]> keys = Keys();
        List<byte[]> values = [.. keys.Select(key => _store.Get(key)!)];
        for (int round = 0; round < 100; round++)
        {
            WriteBatch batch = new();
            for (int i = 0; i < keys.Count; i++)
            {
                batch.Put(keys[i], random.Next(2) == 0 ? values[i] : Flipped(values[i], random.Next(values[i].Length)));
            }

            _store.Apply(batch);
            Assert.That(Restart(out MempoolJournal journal).List().All(transaction => honest.Contains(transaction.Id)), Is.True);
            journal.Dispose();
        }
    }

    [Test]
    public void A_smaller_pool_takes_what_fits_and_the_journal_shrinks_with_it()
    {
        using (MempoolJournal.Open(_store, _net.Chain, _net.Pool))
        {
            _net.Pool.AdmitAll([.. Enumerable.Range(0, 12).Select(i => _net.Pay(i, 0, tip: (ulong)i))]);
        }

        TransactionPool small = Restart(out MempoolJournal journal, new MempoolOptions { MaxCount = 3 });
        Assert.That(small.List().Select(transaction => transaction.Body.TipPerGas), Is.EqualTo(new ulong[] { 11, 10, 9 }));
        journal.Flush();
        Assert.That(Keys(), Has.Count.EqualTo(3));
    }

    [Test]
    public void Nonces_that_were_admitted_backwards_fit_into_a_pool_half_full()
    {
        using (MempoolJournal.Open(_store, _net.Chain, _net.Pool))
        {
            foreach (int nonce in Enumerable.Range(0, 8).Reverse())
            {
                Assert.That(_net.Pool.Admit(_net.Pay(0, (ulong)nonce)).IsValid, Is.True);
            }
        }

        Assert.That(Restart(out MempoolJournal journal, new MempoolOptions { MaxCount = 8 }).Count, Is.EqualTo(8));
        Assert.That(journal.Restored, Is.EqualTo(8));
    }

    [Test]
    public void A_store_that_fails_is_tried_again_after_the_next_block()
    {
        using MetricCollector metrics = new("node");
        CountingStore store = new(_store);
        using MempoolJournal journal = MempoolJournal.Open(store, _net.Chain, _net.Pool);
        _net.Pool.AdmitAll([_net.Pay(0, 0), _net.Pay(1, 0)]);
        store.Fails = true;
        Assert.That(journal.Flush, Throws.InstanceOf<StoreException>());
        _net.Mine(_net.Pay(0, 0));
        Assert.That(metrics["pouw.mempool.journal.failed"], Is.EqualTo(1));
        Assert.That(Keys(), Is.Empty);
        store.Fails = false;
        _net.Mine();

        Assert.That(Keys(), Has.Count.EqualTo(1));
        Assert.That(Restart(out _).List(), Is.EqualTo(_net.Pool.List()).Using(ById));
    }

    [Test]
    public void A_journal_in_SQLite_survives_the_file_being_closed()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("pool.db");
        using (SqliteKeyValueStore store = new(file))
        {
            using MempoolJournal journal = MempoolJournal.Open(store, _net.Chain, _net.Pool);
            _net.Pool.AdmitAll([_net.Pay(0, 0), _net.Pay(1, 0, tip: 4)]);
        }

        using SqliteKeyValueStore reopened = new(file);
        TransactionPool again = new(_net.Chain, new MempoolOptions());
        using MempoolJournal restored = MempoolJournal.Open(reopened, _net.Chain, again);
        Assert.That(again.List(), Is.EqualTo(_net.Pool.List()).Using(ById));
    }

    private static byte[] Flipped(byte[] value, Index at)
    {
        byte[] changed = [.. value];
        changed[at] ^= 0x10;
        return changed;
    }

    private List<byte[]> Keys() => [.. _store.ScanPrefix("pool/"u8).Select(pair => pair.Key)];

    private TransactionPool Restart(out MempoolJournal journal, MempoolOptions? options = null)
    {
        BlockChain chain = _net.Open(_store);
        TransactionPool pool = new(chain, options ?? new MempoolOptions());
        chain.Subscribe(pool);
        journal = MempoolJournal.Open(_store, chain, pool);
        return pool;
    }

    private sealed class CountingStore(IKeyValueStore inner) : IKeyValueStore
    {
        internal List<int> Operations { get; } = [];

        internal bool Fails { get; set; }

        public byte[]? Get(ReadOnlySpan<byte> key) => inner.Get(key);

        public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit) =>
            inner.Scan(from, end, limit);

        public IKeyValueSnapshot Snapshot() => inner.Snapshot();

        public void Apply(WriteBatch batch)
        {
            if (Fails)
            {
                throw new StoreException(StoreFailure.DiskFull, "There is no room left.");
            }

            Operations.Add(batch.Count);
            inner.Apply(batch);
        }

        public void Dispose()
        {
        }
    }
}
