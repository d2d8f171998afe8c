using PoUW.Core.Storage;
using PoUW.Core.Tests.Storage;

namespace PoUW.Storage.LiteDb.Tests;

/// <summary>
/// What a power loss can leave: the database file as it was before a batch or half overwritten, and any part of the batch's log. The files are
/// those of a batch whose way ended between log and database file, because the database file could not grow.
/// </summary>
[NonParallelizable]
public sealed class CrashTests
{
    private const int Pairs = 60;

    private TemporaryFolder _folder = null!;
    private string _before = "";
    private string _after = "";

    [SetUp]
    public void StopABatchOnItsWay()
    {
        _folder = new TemporaryFolder();
        _before = Path.Combine(Directory.CreateDirectory(_folder.File("before")).FullName, "store.db");
        _after = Path.Combine(Directory.CreateDirectory(_folder.File("after")).FullName, "store.db");
        using LiteDbKeyValueStore store = new(_after);
        for (byte i = 0; i < 4; i++)
        {
            store.Apply(Batch(1, from: i * Pairs / 4, count: Pairs / 4));
        }

        store.Apply(new WriteBatch().Put([0xFF], new byte[3_000_000]));
        StoreFiles.CopyOpen(_after, _before);
        using (FileSizeLimit limit = FileSizeLimit.OrSkip(new FileInfo(_after).Length))
        {
            store.Apply(Batch(2, 0, 2 * Pairs));
        }

        Assert.That(new FileInfo(StoreFiles.LogOf(_after)).Length, Is.GreaterThan(8 * StoreFiles.PageBytes), "the batch is in the log");
        StoreFiles.CopyOpen(_after, Named("stopped"));
    }

    [TearDown]
    public void DeleteFiles() => _folder.Dispose();

    [Test]
    public void A_batch_whose_log_is_sealed_is_there_whatever_the_database_file_got([Values] bool untouched)
    {
        string file = Stopped(untouched ? _before : Named("stopped"), StoreFiles.SealOf(Named("stopped")));
        using LiteDbKeyValueStore store = new(file);

        Assert.That(Versions(store), Is.EqualTo(Enumerable.Repeat(2, 2 * Pairs)));
        store.Apply(Batch(3, 0, 2 * Pairs));
        Assert.That(store.CheckIntegrity(), Is.Empty);
    }

    [Test]
    public void A_batch_whose_log_was_not_sealed_never_was([Values(0, 1, 3, 1000)] int lostPage, [Values] bool cutOff)
    {
        string file = Stopped(_before, StoreFiles.SealOf(_before));
        Tear(StoreFiles.LogOf(file), lostPage, cutOff);
        using (LiteDbKeyValueStore store = new(file))
        {
            Assert.That(Versions(store), Is.EqualTo(Enumerable.Repeat(1, Pairs)));
            Assert.That(store.CheckIntegrity(), Is.Empty);
            store.Apply(Batch(3, 0, 2 * Pairs));
        }

        using LiteDbKeyValueStore again = new(file);
        Assert.That(Versions(again), Is.EqualTo(Enumerable.Repeat(3, 2 * Pairs)));
    }

    [Test]
    public void A_damaged_seal_never_makes_half_a_batch([Values(0, 8, 39)] int at)
    {
        string file = Stopped(_before, StoreFiles.SealOf(Named("stopped")));
        byte[] seal = File.ReadAllBytes(StoreFiles.SealOf(file));
        seal[at] ^= 1;
        File.WriteAllBytes(StoreFiles.SealOf(file), seal);
        using LiteDbKeyValueStore store = new(file);

        Assert.That(Versions(store), Is.EqualTo(Enumerable.Repeat(1, Pairs)));
        Assert.That(store.CheckIntegrity(), Is.Empty);
    }

    [Test]
    public void A_full_disk_fails_a_batch_that_does_not_fit_into_the_log_and_no_other([Values] bool evenOnePage)
    {
        string file = Named("full");
        using LiteDbKeyValueStore store = new(file);
        store.Apply(Batch(1, 0, Pairs));
        using (FileSizeLimit limit = FileSizeLimit.OrSkip(evenOnePage ? 0 : new FileInfo(file).Length))
        {
            Assert.That(
                () => store.Apply(new WriteBatch().Put([7], new byte[2_000_000])),
                Throws.InstanceOf<LiteDbStoreException>().With.Property(nameof(StoreException.Failure)).EqualTo(StoreFailure.DiskFull));
            Assert.That(store.Get([7]), Is.Null);
            Assert.That(Versions(store), Is.EqualTo(Enumerable.Repeat(1, Pairs)));
        }

        store.Apply(Batch(2, 0, Pairs));
        Assert.That(Versions(store), Is.EqualTo(Enumerable.Repeat(2, Pairs)));
        Assert.That(store.CheckIntegrity(), Is.Empty);
    }

    private static void Tear(string log, int lostPage, bool cutOff)
    {
        byte[] pages = File.ReadAllBytes(log);
        int at = Math.Min(lostPage * StoreFiles.PageBytes, pages.Length - StoreFiles.PageBytes);
        if (cutOff)
        {
            pages = pages[..(at + 100)];
        }
        else
        {
            pages.AsSpan(at, StoreFiles.PageBytes).Clear();
        }

        File.WriteAllBytes(log, pages);
    }

    private static WriteBatch Batch(byte version, int from, int count)
    {
        WriteBatch batch = new();
        for (int i = from; i < from + count; i++)
        {
            byte[] value = new byte[1000];
            Array.Fill(value, version);
            batch.Put([1, (byte)i], value);
        }

        return batch;
    }

    private static IEnumerable<int> Versions(LiteDbKeyValueStore store) =>
        store.Scan([1], [2], 1000).Select(pair => pair.Value.Distinct().Count() == 1 ? pair.Value[0] : -1);

    private string Named(string folder) => Path.Combine(Directory.CreateDirectory(_folder.File(folder)).FullName, "store.db");

    /// <summary>The log of the stopped batch, with one of the database files and one of the seals.</summary>
    private string Stopped(string database, string seal)
    {
        string file = Named("torn");
        File.Copy(database, file);
        File.Copy(StoreFiles.LogOf(Named("stopped")), StoreFiles.LogOf(file));
        File.Copy(seal, StoreFiles.SealOf(file));
        return file;
    }
}
