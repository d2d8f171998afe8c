using LiteDB;
using LiteDB.Engine;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Storage;

namespace PoUW.Storage.LiteDb.Tests;

public sealed class LiteDbKeyValueStoreTests : KeyValueStoreConformance
{
    private readonly Stack<TemporaryFolder> _folders = new();

    public override void Close()
    {
        base.Close();
        while (_folders.TryPop(out TemporaryFolder? folder))
        {
            folder.Dispose();
        }
    }

    protected override IKeyValueStore Create() => new LiteDbKeyValueStore(NewFile());

    [Test]
    public void What_was_applied_survives_closing_and_plain_LiteDB_reads_the_file()
    {
        string file = NewFile();
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [2]));
        }

        Assert.That(Directory.GetFiles(Path.GetDirectoryName(file)!), Is.EqualTo(new[] { file }), "log and seal go when the store is closed");
        using (LiteDatabase plain = new(file))
        {
            Assert.That(plain.GetCollection("pouw_pairs").FindById(new byte[] { 1 })["v"].AsBinary, Is.EqualTo(new byte[] { 2 }));
        }

        using LiteDbKeyValueStore reopened = new(file);
        Assert.That(reopened.Get([1]), Is.EqualTo(new byte[] { 2 }));
        Assert.That(reopened.WasClosedCleanly);
    }

    [Test]
    public void Collections_of_the_host_stay_as_they_are()
    {
        string file = NewFile();
        using (LiteDatabase plain = new(file))
        {
            plain.GetCollection("orders").Insert(new BsonDocument { ["_id"] = 7, ["of"] = "the host" });
        }

        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [2]));
            Assert.That(store.CheckIntegrity(), Is.Empty);
        }

        using LiteDatabase after = new(file);
        Assert.That(after.GetCollection("orders").FindById(7)["of"].AsString, Is.EqualTo("the host"));
    }

    [Test]
    public void A_second_opening_is_refused_while_the_first_is_open()
    {
        string file = NewFile();
        using LiteDbKeyValueStore store = new(file);

        Assert.That(() => new LiteDbKeyValueStore(file), Fails(StoreFailure.Locked));
        store.Apply(new WriteBatch().Put([1], [2]));
    }

    [Test]
    public void A_file_that_is_no_store_is_refused_and_stays_as_it_was([Values(10, 8192, 20_000)] int bytes)
    {
        string file = NewFile();
        byte[] content = new byte[bytes];
        new PoUW.Core.Randomness.SeededRandomSource(1, "foreign").Fill(content);
        File.WriteAllBytes(file, content);

        Assert.That(() => new LiteDbKeyValueStore(file), Fails(StoreFailure.Corrupt));
        Assert.That(File.ReadAllBytes(file), Is.EqualTo(content));
    }

    [Test]
    public void A_newer_layout_is_refused()
    {
        string file = NewFile();
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [2]));
        }

        Change(file, engine => engine.Upsert("pouw_meta", [new BsonDocument { ["_id"] = "store", ["version"] = 2 }], BsonAutoId.ObjectId));

        Assert.That(() => new LiteDbKeyValueStore(file), Fails(StoreFailure.NewerVersion));
    }

    [Test]
    public void A_killed_process_leaves_every_batch()
    {
        string file = NewFile();
        string copy = NewFile();
        using LiteDbKeyValueStore store = new(file);
        for (byte i = 0; i < 20; i++)
        {
            store.Apply(new WriteBatch().Put([i], new byte[1000 * i]));
        }

        StoreFiles.CopyOpen(file, copy);

        using LiteDbKeyValueStore killed = new(copy);
        Assert.That(killed.WasClosedCleanly, Is.False);
        Assert.That(killed.Scan([], [], 100).Select(pair => pair.Value.Length), Is.EqualTo(Enumerable.Range(0, 20).Select(i => 1000 * i)));
        Assert.That(killed.CheckIntegrity(), Is.Empty);
    }

    [Test]
    public void A_store_counts_as_clean_again_after_a_check_that_found_nothing()
    {
        (string file, string copy) = (NewFile(), NewFile());
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]));
            StoreFiles.CopyOpen(file, copy);
        }

        new LiteDbKeyValueStore(copy).Dispose();
        using (LiteDbKeyValueStore again = new(copy))
        {
            Assert.That(again.WasClosedCleanly, Is.False, "nobody has checked");
            Assert.That(again.CheckIntegrity(), Is.Empty);
        }

        using LiteDbKeyValueStore clean = new(copy);
        Assert.That(clean.WasClosedCleanly);
    }

    [Test]
    public void Long_keys_with_one_beginning_stand_in_one_document_and_in_order()
    {
        using LiteDbKeyValueStore store = new(NewFile());
        byte[] beginning = new byte[1000];
        WriteBatch batch = new();
        for (int i = 24; i >= 0; i--)
        {
            batch.Put([.. beginning, .. new byte[i]], new byte[i * 10]);
        }

        store.Apply(batch.Put(beginning.AsSpan(1), [1]));
        store.Apply(new WriteBatch().Delete([.. beginning, 0]).Put([.. beginning, 0, 0], []));

        Assert.That(
            store.Scan(beginning, [], 100).Select(pair => (pair.Key.Length, pair.Value.Length)),
            Is.EqualTo(Enumerable.Range(0, 25).Where(i => i != 1).Select(i => (1000 + i, i == 2 ? 0 : i * 10))));
        Assert.That(store.CheckIntegrity(), Is.Empty);
    }

    [Test]
    public void Long_values_leave_nothing_behind_when_they_go()
    {
        string file = NewFile();
        byte[] value = new byte[5_000_000];
        new PoUW.Core.Randomness.SeededRandomSource(2, "long").Fill(value);
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], value).Put([2], value));
            Assert.That(store.Get([1]), Is.EqualTo(value));
            store.Apply(new WriteBatch().Put([1], [1]).Delete([2]));
            Assert.That(store.CheckIntegrity(), Is.Empty);
        }

        using LiteDatabase plain = new(file);
        Assert.That(plain.GetCollection("pouw_parts").Count(), Is.Zero);
    }

    [Test]
    public void A_value_of_the_longest_length_is_kept()
    {
        byte[] value = new byte[WriteBatch.MaxValueBytes];
        value[^1] = 5;
        using LiteDbKeyValueStore store = new(NewFile());
        store.Apply(new WriteBatch().Put([1], value));

        Assert.That(store.Get([1]).AsSpan().SequenceEqual(value));
    }

    [TestCase("value", "0102", "checksum")]
    [TestCase("gone", "pairs where", "")]
    [TestCase("older", "older", "")]
    public void Changes_behind_the_stores_back_are_found(string what, string named, string read)
    {
        string file = NewFile();
        BsonDocument? former = null;
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]).Put([1, 2], [2]));
        }

        Change(file, engine => former = Find(engine, [1, 2]));
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1, 2], [3]));
        }

        BsonDocument wrong = new() { ["_id"] = new byte[] { 1, 2 }, ["s"] = 77L, ["v"] = new byte[] { 9 } };
        Change(file, engine => _ = what switch
        {
            "gone" => engine.Delete("pouw_pairs", [new byte[] { 1, 2 }]),
            "older" => engine.Upsert("pouw_pairs", [former!], BsonAutoId.ObjectId),
            _ => engine.Upsert("pouw_pairs", [wrong], BsonAutoId.ObjectId),
        });
        using LiteDbKeyValueStore damaged = new(file);

        if (read.Length > 0)
        {
            Assert.That(() => damaged.Get([1, 2]), Fails(StoreFailure.Corrupt).And.Message.Contains(read));
            Assert.That(() => damaged.Scan([], [], 9), Fails(StoreFailure.Corrupt));
        }

        Assert.That(damaged.CheckIntegrity(), Has.Some.Contains(named));
        Assert.That(damaged.Get([1]), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public void Snapshots_end_when_they_keep_too_much()
    {
        using LiteDbKeyValueStore store = new(NewFile(), new LiteDbStoreOptions { MaxSnapshots = 1, MaxSnapshotBytes = 5000 });
        store.Apply(new WriteBatch().Put([1], new byte[3000]).Put([2], new byte[3000]));
        using IKeyValueSnapshot snapshot = store.Snapshot();
        Assert.That(() => store.Snapshot(), Fails(StoreFailure.Unavailable));
        store.Apply(new WriteBatch().Put([1], [1]));
        Assert.That(snapshot.Get([1]), Has.Length.EqualTo(3000));
        store.Apply(new WriteBatch().Put([2], [1]));

        Assert.That(() => snapshot.Get([1]), Fails(StoreFailure.Unavailable));
        using IKeyValueSnapshot next = store.Snapshot();
        Assert.That(next.Get([1]), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public void Snapshots_end_within_a_batch_before_it_reads_more_than_they_may_keep()
    {
        string file = NewFile();
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], new byte[6000]).Put([2], [2]));
        }

        Change(file, engine => engine.Upsert("pouw_pairs", [new BsonDocument { ["_id"] = new byte[] { 2 }, ["s"] = 77L, ["v"] = new byte[9] }], BsonAutoId.ObjectId));
        using LiteDbKeyValueStore damaged = new(file, new LiteDbStoreOptions { MaxSnapshotBytes = 5000 });
        using IKeyValueSnapshot snapshot = damaged.Snapshot();
        damaged.Apply(new WriteBatch().Delete([1]).Delete([2]));

        Assert.That(() => snapshot.Get([1]), Fails(StoreFailure.Unavailable));
        Assert.That(damaged.Scan([], [], 9), Is.Empty);
    }

    [Test]
    public void A_batch_that_fails_in_any_way_leaves_nothing_to_the_next_one()
    {
        string file = NewFile();
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]).Put([2], [2]));
        }

        Change(file, engine => PutIntoParts(engine, [2], int.MaxValue));
        using LiteDbKeyValueStore damaged = new(file);
        using (damaged.Snapshot())
        {
            Assert.That(() => damaged.Apply(new WriteBatch().Put([1], [9]).Delete([2])), Fails(StoreFailure.Corrupt));
        }

        damaged.Apply(new WriteBatch().Put([3], [3]));

        Assert.That(damaged.Get([1]), Is.EqualTo(new byte[] { 1 }));
        Assert.That(damaged.Get([3]), Is.EqualTo(new byte[] { 3 }));
    }

    /// <summary>The length of a value in parts sizes an array, and the number of its parts a loop.</summary>
    [Test]
    public void A_damaged_length_is_named_before_anything_is_allocated(
        [Values(int.MaxValue, 0x7FFFFFC7, WriteBatch.MaxValueBytes + 1, -1, int.MinValue)] int length)
    {
        string file = NewFile();
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]).Put([2], [2]));
        }

        Change(file, engine => PutIntoParts(engine, [2], length));
        using LiteDbKeyValueStore damaged = new(file);
        Assert.That(() => damaged.Get([2]), Fails(StoreFailure.Corrupt).And.Message.Contains("02").And.Message.Contains("length"));
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.That(() => damaged.Get([2]), Fails(StoreFailure.Corrupt));
        Assert.That(() => damaged.Scan([], [], 9), Fails(StoreFailure.Corrupt));
        Assert.That(damaged.CheckIntegrity(), Has.Some.Contains("02").And.Contains("length"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(16 << 20));
        damaged.Apply(new WriteBatch().Delete([2]));
        Assert.That(damaged.CheckIntegrity(), Is.Empty, "a damaged pair can be removed");
    }

    [Test]
    public void A_damaged_pair_takes_no_parts_of_another_with_it([Values("deleted", "replaced")] string what)
    {
        string file = NewFile();
        byte[] value = new byte[3_000_000];
        new PoUW.Core.Randomness.SeededRandomSource(3, "parts").Fill(value);
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], value).Put([2], value.AsSpan(1)));
        }

        Change(file, engine =>
        {
            BsonDocument second = Find(engine, [2]);
            second["p"] = Find(engine, [1])["p"];
            engine.Upsert("pouw_pairs", [second], BsonAutoId.ObjectId);
        });
        using LiteDbKeyValueStore damaged = new(file);
        Assert.That(() => damaged.Get([2]), Fails(StoreFailure.Corrupt));
        damaged.Apply(what == "deleted" ? new WriteBatch().Delete([2]) : new WriteBatch().Put([2], [2]));

        Assert.That(damaged.Get([1]), Is.EqualTo(value));
        Assert.That(damaged.Get([2]), what == "deleted" ? Is.Null : Is.EqualTo(new byte[] { 2 }));
        Assert.That(damaged.CheckIntegrity(), Has.Some.Contains("parts"), "those of the damaged pair stay");
    }

    /// <summary>LiteDB allocates what a document in a page says of itself.</summary>
    [Test]
    public void A_damaged_length_inside_a_document_is_damage_and_no_want_of_memory()
    {
        string file = NewFile();
        byte[] value = [.. Enumerable.Repeat((byte)0xAB, 200)];
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]).Put([2], value));
        }

        byte[] bytes = File.ReadAllBytes(file);
        int length = bytes.AsSpan().IndexOf((byte[])[200, 0, 0, 0, 0, .. value]);
        Assert.That(length, Is.Positive);
        BitConverter.TryWriteBytes(bytes.AsSpan(length), int.MaxValue);
        File.WriteAllBytes(file, bytes);
        using LiteDbKeyValueStore damaged = new(file);

        Assert.That(() => damaged.Get([2]), Fails(StoreFailure.Corrupt));
        Assert.That(() => damaged.Scan([], [], 9), Fails(StoreFailure.Corrupt));
        Assert.That(() => damaged.Apply(new WriteBatch().Put([2], [2])), Fails(StoreFailure.Corrupt));
        Assert.That(damaged.CheckIntegrity(), Is.Not.Empty);
        Assert.That(damaged.Get([1]), Is.EqualTo(new byte[] { 1 }));
    }

    /// <summary>LiteDB then fails to end its transactions, and would try again, and fail again, where a failure ends the process: in their finalisers.</summary>
    [Test]
    public void A_page_with_another_number_is_damage_and_does_not_end_the_process()
    {
        const byte CollectionPage = 2;
        string file = NewFile();
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]));
        }

        byte[] bytes = File.ReadAllBytes(file);
        for (int page = 0; page < bytes.Length; page += StoreFiles.PageBytes)
        {
            bytes[page + 2] ^= (byte)(bytes[page + 4] == CollectionPage ? 2 : 0);
        }

        File.WriteAllBytes(file, bytes);
        Assert.That(() => new LiteDbKeyValueStore(file), Fails(StoreFailure.Corrupt));

        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [Test]
    public void A_document_that_is_no_pair_is_damage()
    {
        string file = NewFile();
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]));
        }

        Change(file, engine => engine.Upsert("pouw_pairs", [new BsonDocument { ["_id"] = true, ["s"] = 77L, ["v"] = new byte[] { 9 } }], BsonAutoId.ObjectId));
        using LiteDbKeyValueStore damaged = new(file);

        Assert.That(() => damaged.Scan([], [], 9), Fails(StoreFailure.Corrupt).And.Message.Contains("pouw_pairs"));
        Assert.That(damaged.CheckIntegrity(), Has.Some.Contains("pouw_pairs"));
        Assert.That(damaged.Get([1]), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public void A_log_that_plain_LiteDB_left_is_taken_after_a_closing_that_nobody_checked()
    {
        (string file, string copy, string killed) = (NewFile(), NewFile(), NewFile());
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]));
            StoreFiles.CopyOpen(file, copy);
        }

        new LiteDbKeyValueStore(copy).Dispose();
        using (LiteDatabase plain = new(copy) { CheckpointSize = 0 })
        {
            plain.GetCollection("orders").Insert(new BsonDocument { ["_id"] = 7 });
        }

        StoreFiles.CopyOpen(copy, killed); // LiteDB lets go of its log some time after its disposal.
        Assert.That(new FileInfo(StoreFiles.LogOf(killed)).Length, Is.Positive, "LiteDB left its log");
        using (LiteDbKeyValueStore store = new(killed))
        {
            Assert.That(store.WasClosedCleanly, Is.False);
            store.Apply(new WriteBatch().Put([2], [2]));
        }

        using LiteDatabase after = new(killed);
        Assert.That(after.GetCollection("orders").Count(), Is.EqualTo(1));
        Assert.That(after.GetCollection("pouw_pairs").Count(), Is.EqualTo(2));
    }

    [Test]
    public void More_reads_than_LiteDB_has_transactions_wait_for_their_turn()
    {
        const int Reads = 120;
        using LiteDbKeyValueStore store = new(NewFile());
        store.Apply(Pairs(256));
        using CountdownEvent inside = new(Reads);
        using ManualResetEventSlim go = new();
        Task<IReadOnlyList<string>>[] checks = [.. Enumerable.Range(0, Reads).Select(_ => Task.Factory.StartNew(
            () => store.CheckIntegrity(new Held(inside, go)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        inside.Wait(TimeSpan.FromSeconds(1)); // All come in only where nothing limits them; what follows does not depend on it.
        go.Set();

        Assert.That(checks.SelectMany(check => check.GetAwaiter().GetResult()), Is.Empty);
    }

    [Test]
    public void A_read_that_fails_closes_nothing_under_another()
    {
        string file = NewFile();
        using (LiteDbKeyValueStore store = new(file))
        {
            store.Apply(Pairs(256));
        }

        Change(file, engine => engine.Upsert("pouw_pairs", [new BsonDocument { ["_id"] = new byte[] { 255, 255 }, ["s"] = "no sum" }], BsonAutoId.ObjectId));
        using LiteDbKeyValueStore damaged = new(file);
        using CountdownEvent inside = new(1);
        using ManualResetEventSlim go = new();
        Task<IReadOnlyList<string>> check = Task.Factory.StartNew(
            () => damaged.CheckIntegrity(new Held(inside, go)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        inside.Wait();
        Assert.That(() => damaged.Get([255, 255]), Fails(StoreFailure.Corrupt));
        go.Set();

        Assert.That(() => check.GetAwaiter().GetResult(), Fails(StoreFailure.Unavailable), "it met the same pair in files that were given up already");
        Assert.That(damaged.Get([1]), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public void There_is_no_log_before_there_is_a_seal()
    {
        string file = NewFile();
        Directory.CreateDirectory(StoreFiles.SealOf(file));

        Assert.That(() => new LiteDbKeyValueStore(file), Throws.InstanceOf<LiteDbStoreException>());
        Assert.That(File.Exists(StoreFiles.LogOf(file)), Is.False);
    }

    private static NUnit.Framework.Constraints.EqualConstraint Fails(StoreFailure failure) =>
        Throws.InstanceOf<LiteDbStoreException>().With.Property(nameof(StoreException.Failure)).EqualTo(failure);

    private static WriteBatch Pairs(int count)
    {
        WriteBatch batch = new();
        for (int i = 0; i < count; i++)
        {
            batch.Put([(byte)i], [1]);
        }

        return batch;
    }

    /// <summary>Makes a pair one of which the value lies in parts, as many as its length says.</summary>
    private static void PutIntoParts(LiteEngine engine, byte[] key, int length)
    {
        BsonDocument pair = Find(engine, key);
        pair.Remove("v");
        (pair["p"], pair["n"]) = (0L, length);
        engine.Upsert("pouw_pairs", [pair], BsonAutoId.ObjectId);
    }

    private static void Change(string file, Action<LiteEngine> change)
    {
        using LiteEngine engine = new(file);
        change(engine);
    }

    private static BsonDocument Find(LiteEngine engine, byte[] key)
    {
        Query query = new();
        query.Where.Add(BsonExpression.Create("_id = @0", new BsonValue(key)));
        using IBsonDataReader reader = engine.Query("pouw_pairs", query);
        return reader.Read() ? reader.Current.AsDocument : throw new InvalidOperationException("There is no such pair.");
    }

    private string NewFile()
    {
        TemporaryFolder folder = new();
        _folders.Push(folder);
        return folder.File("store.db");
    }

    /// <summary>Stays where it is told of progress until it may go.</summary>
    private sealed class Held(CountdownEvent inside, ManualResetEventSlim go) : IProgress<long>
    {
        private bool _told;

        public void Report(long value)
        {
            if (!_told)
            {
                _told = true;
                inside.Signal();
            }

            go.Wait();
        }
    }
}
