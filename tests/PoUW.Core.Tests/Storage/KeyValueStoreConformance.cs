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

    [Test]
    public void Ranges_at_their_boundaries()
    {
        _store.Apply(new WriteBatch().Put([0], [1]).Put([5], [2]).Put([5, 0], [3]).Put([0xFF, 0xFF], [4]));

        Assert.That(Keys(_store.Scan([], [], 10)), Is.EqualTo(new[] { "00", "05", "0500", "FFFF" }));
        Assert.That(Keys(_store.Scan([], [0], 10)), Is.Empty);
        Assert.That(Keys(_store.Scan([5], [5], 10)), Is.Empty);
        Assert.That(Keys(_store.Scan([6], [5], 10)), Is.Empty);
        Assert.That(Keys(_store.Scan([5], [5, 0], 10)), Is.EqualTo(new[] { "05" }));
        Assert.That(Keys(_store.Scan([5], [5, 0, 0], int.MaxValue)), Is.EqualTo(new[] { "05", "0500" }));
        Assert.That(Keys(_store.Scan([0xFF, 0xFF], [], 1)), Is.EqualTo(new[] { "FFFF" }));
        Assert.That(Keys(_store.Scan([0xFF, 0xFF, 0], [], 1)), Is.Empty);
        Assert.That(Keys(_store.ScanPrefix([0xFF])), Is.EqualTo(new[] { "FFFF" }));
        Assert.That(() => _store.Scan([], [], -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void The_end_of_a_prefix_is_the_first_key_after_it()
    {
        Assert.That(KeyValueReaderExtensions.EndOf([1, 2]), Is.EqualTo(new byte[] { 1, 3 }));
        Assert.That(KeyValueReaderExtensions.EndOf([1, 0xFF, 0xFF]), Is.EqualTo(new byte[] { 2 }));
        Assert.That(KeyValueReaderExtensions.EndOf([0xFF, 0xFF]), Is.Empty);
        Assert.That(KeyValueReaderExtensions.EndOf([]), Is.Empty);
    }

    [Test]
    public void Prefixes_with_more_pairs_than_a_page_are_given_in_full([Values(255, 256, 257, 600)] int pairs)
    {
        WriteBatch batch = new WriteBatch().Put([6], [1]).Put([8], [1]);
        for (int i = 0; i < pairs; i++)
        {
            batch.Put([7, (byte)(i >> 8), (byte)(i & 0xFF)], [1]);
        }

        _store.Apply(batch);

        Assert.That(_store.ScanPrefix([7]).Select(pair => (pair.Key[1] << 8) | pair.Key[2]), Is.EqualTo(Enumerable.Range(0, pairs)));
    }

    [Test]
    public void Keys_of_the_longest_length_are_kept_in_order()
    {
        byte[] longest = new byte[WriteBatch.MaxKeyBytes];
        Array.Fill(longest, (byte)7);
        byte[] next = [.. longest];
        next[^1]++;
        _store.Apply(new WriteBatch().Put(next, [2]).Put(longest, [1]).Put(longest.AsSpan(1), []));

        Assert.That(_store.Scan([7], [], 10).Select(pair => pair.Value.Length == 0 ? 0 : pair.Value[0]), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(_store.Scan(longest, next, 10).Select(pair => pair.Key), Is.EqualTo(new[] { longest }));
    }

    [Test]
    public void Big_batches_in_any_order_are_kept()
    {
        const int Count = 20_000;
        WriteBatch batch = new();
        for (int i = 0; i < Count; i++)
        {
            // 7,919 is prime to the count, so all numbers come once, in a scattered order.
            int number = (int)((long)i * 7919 % Count);
            batch.Put(KeyOf(number), BitConverter.GetBytes(number));
        }

        _store.Apply(batch);

        Assert.That(Enumerable.Range(0, Count).All(i => BitConverter.ToInt32(_store.Get(KeyOf(i))) == i));
        Assert.That(_store.ScanPrefix([]).Select(pair => BitConverter.ToInt32(pair.Value)), Is.EqualTo(Enumerable.Range(0, Count)));
    }

    [Test]
    public void A_batch_is_reused_and_appended_to()
    {
        WriteBatch batch = new WriteBatch().Put([1], [1]).Delete([2]);
        _store.Apply(batch);
        batch.Clear();
        Assert.That((batch.Count, batch.Bytes), Is.EqualTo((0, 0)));
        batch.Put([3], [3]);
        batch.Append(new WriteBatch().Put([3], [4]).Delete([1])).Append(batch);
        _store.Apply(batch);

        Assert.That(batch.Count, Is.EqualTo(6));
        Assert.That(_store.ScanPrefix([]).Select(pair => (pair.Key[0], pair.Value[0])), Is.EqualTo(new[] { ((byte)3, (byte)4) }));
    }

    [Test]
    public void An_empty_batch_changes_nothing()
    {
        _store.Apply(new WriteBatch());

        Assert.That(_store.Scan([], [], 1), Is.Empty);
    }

    [Test]
    public void Values_that_are_too_long_are_refused()
    {
        byte[] value = new byte[WriteBatch.MaxValueBytes + 1];
        WriteBatch batch = new();

        Assert.That(() => batch.Put([1], value), Throws.ArgumentException.With.Message.Contains("67108864"));
        Assert.That(batch.Count, Is.Zero);
    }

    [Test]
    public void Random_batches_agree_with_a_model_and_so_do_snapshots_of_every_stage()
    {
        Fuzzer random = new(2, "stages");
        SortedDictionary<int, int> model = [];
        List<(IKeyValueSnapshot Snapshot, KeyValuePair<int, int>[] Pairs)> stages = [];
        for (int round = 0; round < 60; round++)
        {
            _store.Apply(RandomBatch(random, model, deletes: round % 20 < 10 ? 4 : 1));
            if (round % 10 == 0)
            {
                stages.Add((_store.Snapshot(), [.. model]));
            }
        }

        stages.Add((_store.Snapshot(), [.. model]));
        foreach ((IKeyValueSnapshot snapshot, KeyValuePair<int, int>[] pairs) in stages)
        {
            Assert.That(snapshot.ScanPrefix([]).Select(Numbers), Is.EqualTo(pairs.Select(pair => (pair.Key, pair.Value))));
            Assert.That(pairs.All(pair => BitConverter.ToInt32(snapshot.Get(KeyOf(pair.Key))) == pair.Value));
            snapshot.Dispose();
        }
    }

    [Test]
    public void Readers_never_see_half_of_a_batch_nor_an_older_one_than_before()
    {
        const int Rounds = 100;
        _store.Apply(Round(0));
        using CancellationTokenSource end = new();
        Task[] readers = [.. Enumerable.Range(0, 3).Select(reader => Task.Run(() => Watch(snapshots: reader == 0, end.Token)))];
        for (int round = 1; round <= Rounds; round++)
        {
            _store.Apply(Round(round));
        }

        end.Cancel();
        Assert.That(() => Task.WaitAll(readers), Throws.Nothing);
        Assert.That(_store.Scan([1], [], 100).Select(pair => BitConverter.ToInt32(pair.Value)), Is.All.EqualTo(Rounds));
    }

    [Test]
    public void A_disposed_snapshot_refuses_service_and_another_one_does_not()
    {
        _store.Apply(new WriteBatch().Put([1], [1]));
        IKeyValueSnapshot first = _store.Snapshot();
        using IKeyValueSnapshot second = _store.Snapshot();
        first.Dispose();
        first.Dispose();

        Assert.That(() => first.Get([1]), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => first.Scan([], [], 1), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(second.Get([1]), Is.EqualTo(new byte[] { 1 }));
        Assert.That(() => second.Scan([], [], 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_store_ends_its_snapshots()
    {
        _store.Apply(new WriteBatch().Put([1], [1]));
        IKeyValueSnapshot snapshot = _store.Snapshot();
        _store.Dispose();
        _store.Dispose();

        Assert.That(() => snapshot.Get([1]), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => _store.Snapshot(), Throws.InstanceOf<ObjectDisposedException>());
        snapshot.Dispose();
    }

    private static byte[] KeyOf(int number) => [9, (byte)((number >> 16) & 0xFF), (byte)((number >> 8) & 0xFF), (byte)(number & 0xFF)];

    private static (int Key, int Value) Numbers(KeyValuePair<byte[], byte[]> pair) =>
        ((pair.Key[1] << 16) | (pair.Key[2] << 8) | pair.Key[3], BitConverter.ToInt32(pair.Value));

    private static WriteBatch RandomBatch(Fuzzer random, SortedDictionary<int, int> model, int deletes)
    {
        WriteBatch batch = new();
        for (int i = 0; i < 150; i++)
        {
            int key = random.Next(5000);
            if (random.Next(5) < deletes)
            {
                batch.Delete(KeyOf(key));
                model.Remove(key);
            }
            else
            {
                int value = random.Next(1000);
                batch.Put(KeyOf(key), BitConverter.GetBytes(value));
                model[key] = value;
            }
        }

        return batch;
    }

    private static WriteBatch Round(int round)
    {
        WriteBatch batch = new();
        for (byte i = 1; i <= 20; i++)
        {
            batch.Put([i], BitConverter.GetBytes(round));
        }

        return batch;
    }

    private void Watch(bool snapshots, CancellationToken end)
    {
        int last = 0;
        while (!end.IsCancellationRequested)
        {
            using IKeyValueSnapshot? snapshot = snapshots ? _store.Snapshot() : null;
            IKeyValueReader reader = snapshot ?? (IKeyValueReader)_store;
            int[] values = [.. reader.Scan([1], [21], 100).Select(pair => BitConverter.ToInt32(pair.Value))];
            int again = BitConverter.ToInt32(reader.Get([7]));
            if (values.Length != 20 || values.Distinct().Count() != 1 || values[0] < last || again < values[0])
            {
                throw new InvalidOperationException($"After round {last} a reader saw {string.Join(' ', values)}, then {again}.");
            }

            last = again;
        }
    }

    private static string[] Keys(IEnumerable<KeyValuePair<byte[], byte[]>> pairs) => [.. pairs.Select(pair => Convert.ToHexString(pair.Key))];

    private string[] Scan(byte[] prefix) => [.. _store.ScanPrefix(prefix).Select(pair => Convert.ToHexString(pair.Key))];
}
