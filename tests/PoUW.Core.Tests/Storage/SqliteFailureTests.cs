using System.Diagnostics;
using PoUW.Core.Storage;
using PoUW.Storage.Sqlite;

namespace PoUW.Core.Tests.Storage;

/// <summary>Full disks and write-protected files, for real: a batch that fails leaves nothing, and the next one works once it can.</summary>
public sealed class SqliteFailureTests
{
    private TemporaryFolder _folder = null!;
    private string _path = "";

    [SetUp]
    public void Make()
    {
        _folder = new TemporaryFolder();
        _path = _folder.File("store.db");
    }

    [TearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void A_full_disk_fails_batches_wherever_it_strikes_and_the_store_goes_on_when_there_is_room()
    {
        int failed = 0;
        int next = 0;
        Dictionary<int, byte[]> model = [];

        // A small cache writes to the log in the middle of a batch, a small bound on it writes to the database after many of them.
        using SqliteKeyValueStore store = new(_path, new SqliteStoreOptions { CacheBytes = 256 * 1024, CheckpointBytes = 256 * 1024 });
        for (int trial = 0; trial < 40; trial++)
        {
            long length = Math.Max(store.LogBytes, new FileInfo(_path).Length);
            using (FileSizeLimit.OrSkip(length + ((trial * 7 % 40) * 4096L) - 40960))
            {
                failed += Fill(store, model, next, 300) ? 0 : 1;
            }

            next += 300;
            AssertEquals(store, model);
        }

        Assert.That(failed, Is.InRange(5, 39), "The disk was never full, or always.");
        Assert.That(Fill(store, model, next, 300), Is.True);
        Assert.That(store.CheckIntegrity(), Is.Empty);
        store.Dispose();
        using SqliteKeyValueStore again = new(_path);
        AssertEquals(again, model);
        Assert.That(again.CheckIntegrity(), Is.Empty);
    }

    [Test]
    public void A_disk_without_room_for_a_new_store_says_so()
    {
        using (FileSizeLimit.OrSkip(0))
        {
            Assert.That(() => new SqliteKeyValueStore(_path), Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.DiskFull));
        }

        using SqliteKeyValueStore store = new(_path);
        Assert.That(store.CheckIntegrity(), Is.Empty);
    }

    [Test]
    public void A_closing_that_cannot_copy_the_log_loses_nothing()
    {
        Dictionary<int, byte[]> model = [];
        SqliteKeyValueStore store = new(_path);
        Fill(store, model, 0, 2000);
        using (FileSizeLimit.OrSkip(8192))
        {
            store.Dispose();
        }

        using SqliteKeyValueStore again = new(_path);
        Assert.That(again.WasClosedCleanly, Is.False);
        Assert.That(again.CheckIntegrity(), Is.Empty);
        AssertEquals(again, model);
    }

    [Test]
    public void A_log_that_becomes_write_protected_fails_batches_until_it_is_not()
    {
        Dictionary<int, byte[]> model = [];
        using SqliteKeyValueStore store = new(_path);
        Fill(store, model, 0, 10);
        using (WriteProtection.OrSkip(_path + "-wal"))
        {
            Assert.That(
                () => store.Apply(new WriteBatch().Put([1], [1])),
                Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.ReadOnly));
            AssertEquals(store, model);
        }

        Assert.That(Fill(store, model, 10, 10), Is.True);
        AssertEquals(store, model);
        Assert.That(store.CheckIntegrity(), Is.Empty);
    }

    [Test]
    public void A_write_protected_file_is_refused_for_writing_and_opens_for_reading_only()
    {
        Dictionary<int, byte[]> model = [];
        using (SqliteKeyValueStore store = new(_path))
        {
            Fill(store, model, 0, 10);
        }

        using (WriteProtection.OrSkip(_path))
        {
            Assert.That(
                () => new SqliteKeyValueStore(_path), Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.ReadOnly));
            using SqliteKeyValueStore reading = new(_path, new SqliteStoreOptions { ReadOnly = true });
            AssertEquals(reading, model);
        }

        using SqliteKeyValueStore writing = new(_path);
        AssertEquals(writing, model);
    }

    [Test]
    public void A_write_protected_folder_is_refused_for_writing_and_opens_for_reading_only()
    {
        Dictionary<int, byte[]> model = [];
        using (SqliteKeyValueStore store = new(_path))
        {
            Fill(store, model, 0, 10);
        }

        File.Delete(_path + "-lock");
        using (WriteProtection.OrSkip(Path.GetDirectoryName(_path)!))
        {
            Assert.That(
                () => new SqliteKeyValueStore(_path), Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.ReadOnly));
            using SqliteKeyValueStore reading = new(_path, new SqliteStoreOptions { ReadOnly = true });
            AssertEquals(reading, model);
            Assert.That(reading.CheckIntegrity(), Is.Empty);
        }
    }

    [Test]
    public void A_lock_of_another_process_is_respected_and_goes_with_it()
    {
        new SqliteKeyValueStore(_path).Dispose();

        // With --close the lock is held by the process that is waited for alone, not by the command that it runs.
        using Process? other = TryStart("flock", "--exclusive", "--close", _path + "-lock", "--command", "echo locked; exec sleep 60");
        if (other is null)
        {
            Assert.Ignore("There is no flock command.");
        }

        Assert.That(other!.StandardOutput.ReadLine(), Is.EqualTo("locked"));
        Assert.That(
            () => new SqliteKeyValueStore(_path),
            Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.Locked)
                .With.Message.Contains(_path).And.Message.Contains("another process"));
        other.Kill(entireProcessTree: true);
        other.WaitForExit();

        using SqliteKeyValueStore store = new(_path);
        Assert.That(store.Get([1]), Is.Null);
    }

    private static bool Fill(SqliteKeyValueStore store, Dictionary<int, byte[]> model, int first, int count)
    {
        WriteBatch batch = new();
        Dictionary<int, byte[]> added = [];
        for (int i = first; i < first + count; i++)
        {
            byte[] value = new byte[300];
            Array.Fill(value, (byte)(i & 0xFF));
            batch.Put(BitConverter.GetBytes(i), value);
            added[i] = value;
        }

        try
        {
            store.Apply(batch);
        }
        catch (StoreException failure) when (failure.Failure == StoreFailure.DiskFull)
        {
            return false;
        }

        foreach ((int key, byte[] value) in added)
        {
            model[key] = value;
        }

        return true;
    }

    private static void AssertEquals(SqliteKeyValueStore store, Dictionary<int, byte[]> model)
    {
        IReadOnlyList<KeyValuePair<byte[], byte[]>> pairs = store.Scan([], [], int.MaxValue);
        Assert.That(pairs, Has.Count.EqualTo(model.Count));
        Assert.That(pairs.All(pair => pair.Value.AsSpan().SequenceEqual(model[BitConverter.ToInt32(pair.Key)])));
    }

    private static Process? TryStart(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
