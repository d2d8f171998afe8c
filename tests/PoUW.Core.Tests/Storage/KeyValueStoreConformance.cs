using PoUW.Core.Randomness;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Storage;

/// <summary>What every key-value store must do. A store passes by a subclass that creates it empty.</summary>
public abstract class KeyValueStoreConformance
{
    private IKeyValueStore _store = null!;

    [SetUp]
    public void Open() => _store = Create();

    [TearDown]
    public virtual void Close() => _store.Dispose();

    protected abstract IKeyValueStore Create();

    [Test]
    public void Absent_keys_read_as_null_and_empty_values_do_not()
    {
        _store.Apply(new WriteBatch().Put([1], []));

        Assert.That(_store.Get([2]), Is.Null);
        Assert.That(_store.Get([1]), Is.Empty);
    }

    [Test]
    public void The_last_operation_of_a_batch_wins()
    {
        _store.Apply(new WriteBatch().Put([1], [1]).Delete([1]).Put([1], [2]).Put([2], [1]).Delete([2]).Delete([3]));

        Assert.That(_store.Get([1]), Is.EqualTo(new byte[] { 2 }));
        Assert.That(_store.Get([2]), Is.Null);
        Assert.That(_store.Get([3]), Is.Null);
    }

    [Test]
    public void Callers_own_what_they_get_and_what_they_gave()
    {
        byte[] key = [1];
        byte[] value = [5];
        _store.Apply(new WriteBatch().Put(key, value));
        key[0] = 2;
        value[0] = 6;
        _store.Get([1])![0] = 7;

        Assert.That(_store.Get([1]), Is.EqualTo(new byte[] { 5 }));
    }

    [Test]
    public void Scans_give_the_pairs_of_a_prefix_in_unsigned_order()
    {
        byte[][] keys = [[1], [1, 0], [1, 0x7F], [1, 0x80], [1, 0xFF], [1, 0xFF, 0xFF], [2], [0xFF], [0xFF, 0xFF], [0]];
        WriteBatch batch = new();
        foreach (byte[] key in keys)
        {
            batch.Put(key, [(byte)key.Length]);
        }

        _store.Apply(batch);

        Assert.That(Scan([1]), Is.EqualTo(new[] { "01", "0100", "017F", "0180", "01FF", "01FFFF" }));
        Assert.That(Scan([1, 0xFF]), Is.EqualTo(new[] { "01FF", "01FFFF" }));
        Assert.That(Scan([0xFF]), Is.EqualTo(new[] { "FF", "FFFF" }));
        Assert.That(Scan([3]), Is.Empty);
        Assert.That(Scan([]), Has.Length.EqualTo(keys.Length));
        Assert.That(_store.ScanPrefix([1, 0xFF]).Last().Value, Is.EqualTo(new byte[] { 3 }));
    }

    [Test]
    public void Large_keys_and_values_are_kept()
    {
        byte[] key = new byte[1024];
        byte[] value = new byte[3 * 1024 * 1024];
        new SeededRandomSource(1, "large").Fill(value);
        _store.Apply(new WriteBatch().Put(key, value));

        Assert.That(_store.Get(key), Is.EqualTo(value));
    }

    [Test]
    public void Random_batches_agree_with_a_dictionary()
    {
        Fuzzer random = new(1, "store");
        SortedDictionary<string, byte[]> model = new(StringComparer.Ordinal);
        for (int round = 0; round < 50; round++)
        {
            WriteBatch batch = new();
            for (int i = 0; i < 20; i++)
            {
                byte[] key = [(byte)random.Next(10), (byte)random.Next(10)];
                byte[] value = [(byte)random.Next(256)];
                if (random.Next(3) == 0)
                {
                    batch.Delete(key);
                    model.Remove(Convert.ToHexString(key));
                }
                else
                {
                    batch.Put(key, value);
                    model[Convert.ToHexString(key)] = value;
                }
            }

            _store.Apply(batch);
        }

        KeyValuePair<byte[], byte[]>[] all = [.. _store.ScanPrefix([])];
        Assert.That(all.Select(pair => Convert.ToHexString(pair.Key)), Is.EqualTo(model.Keys));
        Assert.That(all.Select(pair => pair.Value), Is.EqualTo(model.Values));
    }

    /// <summary>Tables written one after the other in falling order, so that all keys of one come before all keys of those before it.</summary>
    [Test]
    public void Keys_that_come_before_all_others_are_found()
    {
        const int Tables = 12;
        const int Keys = 150;
        for (int table = Tables - 1; table >= 0; table--)
        {
            WriteBatch batch = new();
            for (int i = 0; i < Keys; i++)
            {
                batch.Put([(byte)table, (byte)(i * 7 % Keys)], [(byte)i]);
            }

            _store.Apply(batch);
        }

        for (int table = 0; table < Tables; table++)
        {
            for (int i = 0; i < Keys; i++)
            {
                Assert.That(_store.Get([(byte)table, (byte)(i * 7 % Keys)]), Is.EqualTo(new[] { (byte)i }), $"{table} {i}");
            }
        }

        Assert.That(_store.Scan([], [], int.MaxValue), Has.Count.EqualTo(Tables * Keys));
    }

    [Test]
    public void Threads_may_read_and_write_at_once()
    {
        Parallel.For(0, 4, worker =>
        {
            for (int i = 0; i < 50; i++)
            {
                _store.Apply(new WriteBatch().Put([(byte)worker, (byte)i], [1]).Put([(byte)worker, (byte)i, 1], [2]));
                Assert.That(_store.Get([(byte)worker, (byte)i, 1]), Is.EqualTo(new byte[] { 2 }));
            }
        });

        Assert.That(_store.ScanPrefix([]).Count(), Is.EqualTo(400));
    }

    [Test]
    public void A_disposed_store_refuses_service()
    {
        _store.Dispose();

        Assert.That(() => _store.Get([1]), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => _store.Apply(new WriteBatch()), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => _store.Scan([], [], 1), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void Ranges_have_an_inclusive_start_an_exclusive_end_and_a_limit()
    {
        WriteBatch batch = new();
        for (byte i = 1; i <= 9; i++)
        {
            batch.Put([i], [i]);
        }

        _store.Apply(batch);

        Assert.That(_store.Scan([3], [6], 10).Select(pair => pair.Key[0]), Is.EqualTo(new byte[] { 3, 4, 5 }));
        Assert.That(_store.Scan([3], [], 2).Select(pair => pair.Key[0]), Is.EqualTo(new byte[] { 3, 4 }));
        Assert.That(_store.Scan([9, 0], [], 2), Is.Empty);
        Assert.That(() => _store.Scan([1], [], 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_snapshot_stays_as_it_was()
    {
        _store.Apply(new WriteBatch().Put([1], [1]).Put([2], [2]));
        using IKeyValueSnapshot snapshot = _store.Snapshot();
        _store.Apply(new WriteBatch().Put([1], [9]).Delete([2]).Put([3], [3]));

        Assert.That(snapshot.Get([1]), Is.EqualTo(new byte[] { 1 }));
        Assert.That(snapshot.Get([2]), Is.EqualTo(new byte[] { 2 }));
        Assert.That(snapshot.Scan([], [], 10).Select(pair => pair.Key[0]), Is.EqualTo(new byte[] { 1, 2 }));
        Assert.That(_store.Get([2]), Is.Null);
    }

    [Test]
    public void Keys_that_are_empty_or_too_long_are_refused()
    {
        Assert.That(() => new WriteBatch().Put([], [1]), Throws.ArgumentException);
        Assert.That(() => new WriteBatch().Delete(new byte[WriteBatch.MaxKeyBytes + 1]), Throws.ArgumentException);
    }

    private string[] Scan(byte[] prefix) => [.. _store.ScanPrefix(prefix).Select(pair => Convert.ToHexString(pair.Key))];
}
