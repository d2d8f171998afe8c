using LiteDB;
using LiteDB.Engine;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Storage;

namespace PoUW.Storage.LiteDb.Tests;

/// <summary>What is left in the folder after a closing that something went wrong before, and what plain LiteDB then makes of the file.</summary>
[NonParallelizable]
public sealed class ClosingTests
{
    private TemporaryFolder _folder = null!;
    private string _file = "";

    [SetUp]
    public void MakeFolder()
    {
        _folder = new TemporaryFolder();
        _file = _folder.File("store.db");
    }

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void After_a_batch_that_did_not_fit_the_closing_leaves_the_file_alone()
    {
        using (LiteDbKeyValueStore store = new(_file))
        {
            store.Apply(Batch(1));
            Fill(store);
        }

        Assert.That(Left(), Is.EqualTo(new[] { "store.db" }));
        Assert.That(PlainLength(), Is.EqualTo(1));
        using LiteDbKeyValueStore again = new(_file);
        Assert.That(again.WasClosedCleanly);
        Assert.That(again.CheckIntegrity(), Is.Empty);
    }

    [Test]
    public void A_torn_log_goes_even_while_the_disk_is_full()
    {
        LiteDbKeyValueStore store = new(_file);
        store.Apply(Batch(1));
        using (FileSizeLimit limit = FileSizeLimit.OrSkip(new FileInfo(_file).Length))
        {
            Assert.That(() => store.Apply(new WriteBatch().Put([7], new byte[2_000_000])), Throws.InstanceOf<LiteDbStoreException>());
            Assert.That(new FileInfo(StoreFiles.LogOf(_file)).Length, Is.Positive, "the log is torn");
            store.Dispose();
        }

        Assert.That(Left(), Is.EqualTo(new[] { "store.db" }));
        Assert.That(PlainLength(), Is.EqualTo(1));
    }

    /// <summary>The batch is in the log, and the database file cannot take it before the disk has room.</summary>
    [Test]
    public void An_acknowledged_batch_that_is_in_the_log_is_there_after_the_closing([Values] bool isFullAtTheEnd)
    {
        LiteDbKeyValueStore store = new(_file);
        store.Apply(new WriteBatch().Put([9], new byte[3_000_000]));
        store.Apply(new WriteBatch().Delete([9]));
        for (byte i = 1; i < 5; i++)
        {
            store.Apply(new WriteBatch().Put([9, i], new byte[500_000]));
        }

        FileSizeLimit limit = FileSizeLimit.OrSkip(new FileInfo(_file).Length);
        try
        {
            store.Apply(new WriteBatch().Put([1], new byte[2_000_000]));
            if (isFullAtTheEnd)
            {
                store.Dispose();
            }
        }
        finally
        {
            limit.Dispose();
            store.Dispose();
        }

        Assert.That(Left(), isFullAtTheEnd ? Has.Member("store-log.db").And.Member("store.db-seal") : Is.EqualTo(new[] { "store.db" }));
        using LiteDbKeyValueStore again = new(_file);
        Assert.That(again.Get([1]), Has.Length.EqualTo(2_000_000));
        Assert.That(again.CheckIntegrity(), Is.Empty);
    }

    [Test]
    public void After_a_failed_read_the_store_is_closed_and_still_to_be_checked()
    {
        using (LiteDbKeyValueStore store = new(_file))
        {
            store.Apply(Batch(1));
        }

        Change(engine => engine.Upsert("pouw_pairs", [new BsonDocument { ["_id"] = new byte[] { 2 }, ["s"] = "no sum" }], BsonAutoId.ObjectId));
        using (LiteDbKeyValueStore store = new(_file))
        {
            Assert.That(() => store.Get([2]), Throws.InstanceOf<LiteDbStoreException>());
        }

        Assert.That(Left(), Is.EqualTo(new[] { "store.db", "store.db-seal" }));
        Assert.That(new FileInfo(StoreFiles.SealOf(_file)).Length, Is.Zero, "a log would be LiteDB's own");
    }

    [Test]
    public void An_opening_that_is_refused_leaves_the_folder_as_it_was()
    {
        using (LiteDbKeyValueStore store = new(_file))
        {
            store.Apply(Batch(1));
        }

        Change(engine => engine.Upsert("pouw_meta", [new BsonDocument { ["_id"] = "store", ["version"] = 2 }], BsonAutoId.ObjectId));
        Assert.That(() => new LiteDbKeyValueStore(_file), Throws.InstanceOf<LiteDbStoreException>());

        Assert.That(Left(), Is.EqualTo(new[] { "store.db" }));
    }

    /// <summary>LiteDB itself refuses the file: its first page names a collection that is none.</summary>
    [Test]
    public void An_opening_that_LiteDB_refuses_leaves_no_seal_over_a_log_of_LiteDB()
    {
        using (LiteDbKeyValueStore store = new(_file))
        {
            store.Apply(Batch(1));
        }

        byte[] bytes = File.ReadAllBytes(_file);
        bytes.AsSpan(64, 128).Fill(0xFF);
        File.WriteAllBytes(_file, bytes);
        Assert.That(() => new LiteDbKeyValueStore(_file), Throws.InstanceOf<LiteDbStoreException>());

        FileInfo seal = new(StoreFiles.SealOf(_file));
        Assert.That(!seal.Exists || seal.Length == 0);
        FileInfo log = new(StoreFiles.LogOf(_file));
        Assert.That(!log.Exists || log.Length == 0);
    }

    /// <summary>LiteDB with CheckpointSize = 0 empties its log when it is told to, and at no closing.</summary>
    [Test]
    public void A_log_that_plain_LiteDB_left_is_in_the_file_after_a_closing_without_a_batch()
    {
        string copy = _folder.File("copy.db");
        using (LiteDatabase plain = new(_file) { CheckpointSize = 0 })
        {
            plain.GetCollection("orders").Insert(new BsonDocument { ["_id"] = 7 });
        }

        StoreFiles.CopyOpen(_file, copy);
        Assert.That(new FileInfo(StoreFiles.LogOf(copy)).Length, Is.Positive, "LiteDB left its log");
        new LiteDbKeyValueStore(copy).Dispose();

        Assert.That(File.Exists(StoreFiles.LogOf(copy)), Is.False);
        using LiteDatabase after = new(copy);
        Assert.That(after.GetCollection("orders").Count(), Is.EqualTo(1));
    }

    private static WriteBatch Batch(int bytes) => new WriteBatch().Put([1], new byte[bytes]);

    /// <summary>A batch that fails with its log half written.</summary>
    private void Fill(LiteDbKeyValueStore store)
    {
        using FileSizeLimit limit = FileSizeLimit.OrSkip(new FileInfo(_file).Length);
        Assert.That(() => store.Apply(new WriteBatch().Put([7], new byte[2_000_000])), Throws.InstanceOf<LiteDbStoreException>());
        Assert.That(new FileInfo(StoreFiles.LogOf(_file)).Length, Is.Positive, "the log is torn");
    }

    private IEnumerable<string?> Left() => Directory.GetFiles(Path.GetDirectoryName(_file)!).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private int PlainLength()
    {
        using LiteDatabase plain = new(_file);
        return plain.GetCollection("pouw_pairs").FindById(new byte[] { 1 })["v"].AsBinary.Length;
    }

    private void Change(Action<LiteEngine> change)
    {
        using LiteEngine engine = new(_file);
        change(engine);
    }
}
