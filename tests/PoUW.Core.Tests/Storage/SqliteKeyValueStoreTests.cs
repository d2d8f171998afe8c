using Microsoft.Data.Sqlite;
using PoUW.Core.Storage;
using PoUW.Storage.Sqlite;

namespace PoUW.Core.Tests.Storage;

public sealed class SqliteKeyValueStoreTests : KeyValueStoreConformance
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

    protected override IKeyValueStore Create() => new SqliteKeyValueStore(NewFile());

    [Test]
    public void What_was_applied_survives_closing()
    {
        string file = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [2]));
        }

        using SqliteKeyValueStore reopened = new(file);
        Assert.That(reopened.Get([1]), Is.EqualTo(new byte[] { 2 }));
    }

    [Test]
    public void A_second_opening_is_refused_while_the_first_is_open()
    {
        string file = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            Assert.That(
                () => new SqliteKeyValueStore(file), Throws.InstanceOf<SqliteStoreException>().With.Message.Contains("in use by another process"));
        }

        using SqliteKeyValueStore afterwards = new(file);
        Assert.That(afterwards.Get([1]), Is.Null);
    }

    [Test]
    public void A_deleted_store_begins_anew_and_one_in_use_is_not_deleted()
    {
        string file = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [2]));
            Assert.That(() => SqliteKeyValueStore.Delete(file), Throws.InstanceOf<SqliteStoreException>().With.Property("Failure").EqualTo(StoreFailure.Locked));
        }

        SqliteKeyValueStore.Delete(file);
        using (SqliteKeyValueStore anew = new(file))
        {
            Assert.That(anew.Get([1]), Is.Null);
        }

        Assert.That(() => SqliteKeyValueStore.Delete(Path.Combine(file, "nowhere", "x.db")), Throws.Nothing);
    }

    [Test]
    public void A_database_that_was_deleted_without_its_seal_is_reported()
    {
        string file = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [2]));
        }

        File.Delete(file);

        Assert.That(() => new SqliteKeyValueStore(file), Throws.InstanceOf<SqliteStoreException>().With.Message.Contains("gone or empty"));
    }

    [Test]
    public void A_file_that_is_no_database_is_refused()
    {
        string file = NewFile();
        File.WriteAllText(file, new string('x', 8192));

        Assert.That(() => new SqliteKeyValueStore(file), Throws.InstanceOf<SqliteStoreException>().With.Message.Contains("not a database"));
    }

    [Test]
    public void A_folder_that_cannot_be_made_is_refused()
    {
        string blocked = NewFile();
        File.WriteAllText(blocked, "a file where a folder should be");

        Assert.That(() => new SqliteKeyValueStore(Path.Combine(blocked, "chain.db")), Throws.InstanceOf<SqliteStoreException>());
    }

    [Test]
    public void A_path_that_is_a_folder_is_refused()
    {
        string folder = NewFile();
        Directory.CreateDirectory(folder);

        Assert.That(() => new SqliteKeyValueStore(folder), Throws.InstanceOf<SqliteStoreException>());
    }

    [Test]
    public void Reading_only_writes_nothing_and_sees_a_closed_store()
    {
        string file = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [2]));
        }

        Dictionary<string, byte[]> before = Files(file);
        using (SqliteKeyValueStore reading = new(file, new SqliteStoreOptions { ReadOnly = true }))
        {
            Assert.That(reading.Get([1]), Is.EqualTo(new byte[] { 2 }));
            Assert.That(reading.WasClosedCleanly);
            Assert.That(reading.CheckIntegrity(), Is.Empty);
            using IKeyValueSnapshot snapshot = reading.Snapshot();
            Assert.That(snapshot.Scan([], [], 5), Has.Count.EqualTo(1));
            Assert.That(
                () => reading.Apply(new WriteBatch().Put([3], [3])),
                Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.ReadOnly));

            // Nobody may change the file under a reader that has no log to notice it by.
            Assert.That(() => new SqliteKeyValueStore(file), Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.Locked));
        }

        Assert.That(Files(file), Is.EqualTo(before));
    }

    [Test]
    public void Reading_only_beside_a_writer_sees_its_batches()
    {
        string file = NewFile();
        using SqliteKeyValueStore store = new(file);
        store.Apply(new WriteBatch().Put([1], [1]));
        using SqliteKeyValueStore reading = new(file, new SqliteStoreOptions { ReadOnly = true });
        Assert.That(reading.Get([1]), Is.EqualTo(new byte[] { 1 }));

        store.Apply(new WriteBatch().Put([1], [2]));
        Assert.That(reading.Get([1]), Is.EqualTo(new byte[] { 2 }));
        Assert.That(reading.CheckIntegrity(), Is.Empty);
        Assert.That(reading.WasClosedCleanly, Is.False);
    }

    [Test]
    [TestCase("store with % #1 and ?.db")]
    [TestCase("Speicher-\u00E4\u4E2D.db")]
    public void Reading_only_beside_a_writer_without_batches_sees_its_first_one(string name)
    {
        string file = Path.Combine(Path.GetDirectoryName(NewFile())!, name);
        new SqliteKeyValueStore(file).Dispose();
        using SqliteKeyValueStore store = new(file);
        using SqliteKeyValueStore reading = new(file, new SqliteStoreOptions { ReadOnly = true });
        Assert.That(reading.Get([1]), Is.Null);

        for (byte i = 0; i < 5; i++)
        {
            store.Apply(new WriteBatch().Put([1], [i]));
            Assert.That(reading.Get([1]), Is.EqualTo(new[] { i }));
        }

        Assert.That(File.Exists(file));
    }

    [Test]
    public void Reading_only_what_a_killed_process_left_sees_its_batches_and_changes_nothing()
    {
        string file = NewFile();
        string copy = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]));
            CopyAsKilled(file, copy);
            File.WriteAllBytes(copy + "-shm", File.ReadAllBytes(file + "-shm"));
        }

        byte[][] before = [File.ReadAllBytes(copy), File.ReadAllBytes(copy + "-wal"), File.ReadAllBytes(copy + "-seal")];
        using (SqliteKeyValueStore reading = new(copy, new SqliteStoreOptions { ReadOnly = true }))
        {
            Assert.That(reading.Get([1]), Is.EqualTo(new byte[] { 1 }));
            Assert.That(reading.CheckIntegrity(), Is.Empty);
            Assert.That(reading.WasClosedCleanly, Is.False);
        }

        Assert.That(new[] { File.ReadAllBytes(copy), File.ReadAllBytes(copy + "-wal"), File.ReadAllBytes(copy + "-seal") }, Is.EqualTo(before));
    }

    [Test]
    public void Reading_only_a_copy_that_lacks_a_file_asks_for_an_opening_that_writes()
    {
        string file = NewFile();
        string copy = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]));
            CopyAsKilled(file, copy);
        }

        Assert.That(
            () => new SqliteKeyValueStore(copy, new SqliteStoreOptions { ReadOnly = true }),
            Throws.InstanceOf<SqliteStoreException>().With.Message.Contains("for writing once"));
    }

    [Test]
    public void Reading_only_a_file_that_is_not_there_makes_none()
    {
        string file = NewFile();

        Assert.That(
            () => new SqliteKeyValueStore(file, new SqliteStoreOptions { ReadOnly = true }), Throws.InstanceOf<SqliteStoreException>());
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(file)!), Is.Empty);
    }

    [Test]
    public void Only_a_closed_store_counts_as_closed_cleanly()
    {
        string file = NewFile();
        string copy = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            Assert.That(store.WasClosedCleanly, "A new store has nothing to check.");
            CopyAsKilled(file, copy);
        }

        using (SqliteKeyValueStore closed = new(file))
        {
            Assert.That(closed.WasClosedCleanly);
            Assert.That(File.Exists(file + "-wal") && new FileInfo(file + "-wal").Length > 0, Is.False);
        }

        using (SqliteKeyValueStore killed = new(copy))
        {
            Assert.That(killed.WasClosedCleanly, Is.False);
            CopyAsKilled(copy, file);
        }

        // Killed after an opening that wrote nothing.
        using SqliteKeyValueStore again = new(file);
        Assert.That(again.WasClosedCleanly, Is.False);
    }

    [Test]
    public void An_unclean_stop_is_remembered_until_a_check_finds_nothing()
    {
        string file = NewFile();
        string copy = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]));
            CopyAsKilled(file, copy);
        }

        new SqliteKeyValueStore(copy).Dispose();
        using (SqliteKeyValueStore unchecked_ = new(copy))
        {
            Assert.That(unchecked_.WasClosedCleanly, Is.False, "a closing proves nothing about what the crash left");
            Assert.That(unchecked_.CheckIntegrity(), Is.Empty);
        }

        using SqliteKeyValueStore again = new(copy);
        Assert.That(again.WasClosedCleanly);
    }

    [Test]
    public void More_snapshots_than_may_be_open_are_refused()
    {
        using SqliteKeyValueStore store = new(NewFile(), new SqliteStoreOptions { MaxSnapshots = 2 });
        IKeyValueSnapshot first = store.Snapshot();
        using IKeyValueSnapshot second = store.Snapshot();
        Assert.That(() => store.Snapshot(), Throws.InstanceOf<SqliteStoreException>().With.Message.Contains("2 snapshots"));

        first.Dispose();
        using IKeyValueSnapshot third = store.Snapshot();
        Assert.That(third.Get([1]), Is.Null);
    }

    [Test]
    public void The_log_stays_short_unless_a_snapshot_holds_it_and_a_snapshot_cannot_hold_it_for_ever()
    {
        const long Short = 256 * 1024;
        SqliteStoreOptions options = new() { CheckpointBytes = Short, MaxSnapshotLogBytes = 16 * Short };
        using SqliteKeyValueStore store = new(NewFile(), options);
        WriteUntil(store, batches: 60, () => false);
        Assert.That(store.LogBytes, Is.LessThan(6 * Short));

        IKeyValueSnapshot forgotten = store.Snapshot();
        WriteUntil(store, batches: 400, () => store.LogBytes > 12 * Short);
        Assert.That(store.LogBytes, Is.GreaterThan(12 * Short));
        Assert.That(forgotten.Get([1]), Is.Null);
        WriteUntil(store, batches: 400, () => store.LogBytes < 6 * Short);

        Assert.That(store.LogBytes, Is.LessThan(6 * Short));
        Assert.That(() => forgotten.Get([1]), Throws.InstanceOf<SqliteStoreException>().With.Message.Contains("ended"));
    }

    [Test]
    public void Values_that_change_behind_the_stores_back_are_named_at_every_read()
    {
        string file = Tampered("UPDATE pairs SET value = x'07' WHERE key = x'0102'");
        using SqliteKeyValueStore store = new(file);

        Assert.That(() => store.Get([1, 2]), Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.Corrupt).With.Message.Contains("0102"));
        Assert.That(() => store.Scan([1], [], 9), Throws.InstanceOf<StoreException>().With.Message.Contains("0102"));
        Assert.That(store.Get([1]), Is.EqualTo(new byte[] { 1 }));
        Assert.That(store.CheckIntegrity(), Has.Some.Contains("0102"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_store_in_which_a_read_met_damage_does_not_count_as_closed_cleanly(bool scan)
    {
        string file = Tampered("UPDATE pairs SET value = x'07' WHERE key = x'0102'");
        using (SqliteKeyValueStore store = new(file))
        {
            Assert.That(store.WasClosedCleanly, "nobody has noticed yet");
            Assert.That(() => scan ? store.Scan([1], [], 1_000) : (object?)store.Get([1, 2]), Throws.InstanceOf<StoreException>());
        }

        using SqliteKeyValueStore again = new(file);
        Assert.That(again.WasClosedCleanly, Is.False);
    }

    [Test]
    [TestCase("DELETE FROM pairs WHERE key = x'0102'", "There are 2 pairs where 3 were written.")]
    [TestCase("INSERT INTO pairs (key, sum, value) SELECT x'09', sum, value FROM pairs WHERE key = x'01'", "checksum")]
    [TestCase("UPDATE pairs SET value = x'08', sum = (SELECT sum FROM pairs WHERE key = x'03') WHERE key = x'0102'", "checksum")]
    [TestCase("UPDATE meta SET value = value + 1 WHERE name = 'digest'", "digest")]
    [TestCase("UPDATE meta SET value = value + 1 WHERE name = 'pairs'", "There are 3 pairs where 4 were written.")]
    public void Rows_that_change_behind_the_stores_back_are_found_by_the_check(string change, string problem)
    {
        using SqliteKeyValueStore store = new(Tampered(change));

        Assert.That(store.CheckIntegrity(), Has.Some.Contains(problem));
    }

    [Test]
    public void A_row_that_went_back_to_a_valid_older_value_is_found_by_the_check()
    {
        string file = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]));
        }

        Execute(file, "CREATE TABLE kept AS SELECT sum, value FROM pairs");
        using (SqliteKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [2]));
        }

        Execute(file, "UPDATE pairs SET sum = (SELECT sum FROM kept), value = (SELECT value FROM kept)");
        using SqliteKeyValueStore back = new(file);

        Assert.That(back.Get([1]), Is.EqualTo(new byte[] { 1 }), "Its own checksum fits.");
        Assert.That(back.CheckIntegrity(), Has.Some.Contains("older"));
        back.Apply(new WriteBatch().Put([1], [3]).Delete([1]));
        Assert.That(back.CheckIntegrity(), Is.Not.Empty, "Writing over damage does not hide it.");
    }

    [Test]
    public void The_check_can_be_broken_off()
    {
        using SqliteKeyValueStore store = new(NewFile());
        WriteUntil(store, batches: 20, () => false);
        using CancellationTokenSource source = new();
        CancelAtFirst progress = new(source);

        Assert.That(() => store.CheckIntegrity(progress, source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(progress.Pairs, Is.Positive);
        Assert.That(store.CheckIntegrity(), Is.Empty);
    }

    [Test]
    public void Batches_may_be_applied_while_the_check_runs()
    {
        using SqliteKeyValueStore store = new(NewFile());
        WriteUntil(store, batches: 10, () => false);
        Task<IReadOnlyList<string>> check = Task.Run(() => store.CheckIntegrity());
        while (!check.IsCompleted)
        {
            store.Apply(new WriteBatch().Put([1], [1]));
            store.Apply(new WriteBatch().Delete([1]));
        }

        Assert.That(check.Result, Is.Empty);
    }

    [Test]
    public void A_value_of_the_longest_length_is_kept()
    {
        byte[] value = new byte[WriteBatch.MaxValueBytes];
        value[^1] = 5;
        using SqliteKeyValueStore store = new(NewFile());
        store.Apply(new WriteBatch().Put([1], value));

        Assert.That(store.Get([1]).AsSpan().SequenceEqual(value));
    }

    [Test]
    public void Closing_waits_for_readers()
    {
        for (int round = 0; round < 10; round++)
        {
            SqliteKeyValueStore store = new(NewFile());
            WriteUntil(store, batches: 1, () => false);
            Task[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() => ReadUntilDisposed(store)))];
            store.Dispose();
            Assert.That(() => Task.WaitAll(readers), Throws.Nothing);
        }
    }

    private static void ReadUntilDisposed(SqliteKeyValueStore store)
    {
        try
        {
            while (true)
            {
                store.Get([1]);
                using IKeyValueSnapshot snapshot = store.Snapshot();
                snapshot.Scan([], [], 10);
            }
        }
        catch (ObjectDisposedException)
        {
            // What the test is for: no other failure.
        }
    }

    private static void WriteUntil(SqliteKeyValueStore store, int batches, Func<bool> enough)
    {
        byte[] value = new byte[200];
        for (int i = 0; i < batches && !enough(); i++)
        {
            WriteBatch batch = new();
            for (int j = 0; j < 500; j++)
            {
                value[0] = (byte)(i & 0xFF);
                batch.Put([2, (byte)(i % 10), (byte)(j >> 8), (byte)(j & 0xFF)], value);
            }

            store.Apply(batch);
        }
    }

    private static Dictionary<string, byte[]> Files(string database) =>
        Directory.GetFiles(Path.GetDirectoryName(database)!).ToDictionary(file => file, File.ReadAllBytes);

    private static void CopyAsKilled(string from, string to)
    {
        foreach (string suffix in new[] { "", "-wal", "-seal" })
        {
            File.WriteAllBytes(to + suffix, File.ReadAllBytes(from + suffix));
        }
    }

    private static void Execute(string file, string text)
    {
        using SqliteConnection connection = new($"Data Source={file};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private string Tampered(string change)
    {
        string file = NewFile();
        using (SqliteKeyValueStore store = new(file))
        {
            store.Apply(new WriteBatch().Put([1], [1]).Put([1, 2], [2]).Put([3], [3]));
        }

        Execute(file, change);
        return file;
    }

    private sealed class CancelAtFirst(CancellationTokenSource source) : IProgress<long>
    {
        internal long Pairs { get; private set; }

        public void Report(long value)
        {
            Pairs = value;
            source.Cancel();
        }
    }

    private string NewFile()
    {
        TemporaryFolder folder = new();
        _folders.Push(folder);
        return folder.File("store.db");
    }
}
