using PoUW.Core.Tests.Storage;

namespace PoUW.Storage.LiteDb.Tests;

/// <summary>Files whose syncs or truncations fail, which no test can make a real disk do.</summary>
public sealed class FailingFileTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void A_seal_that_was_written_and_not_synced_covers_nothing()
    {
        using LogFile log = new(new FailingFile(_folder.File("log")));
        log.Write(new byte[StoreFiles.PageBytes], 0, StoreFiles.PageBytes);
        FailingFile file = new(_folder.File("seal"));
        using (LogSeal seal = new(file))
        {
            seal.Void();
            file.FailsToSync = true;
            Assert.That(() => seal.Write(log), Throws.InstanceOf<IOException>());
        }

        using LogSeal reopened = new(new FailingFile(_folder.File("seal")));
        Assert.That(reopened.SaysNothing, Is.False);
        reopened.Apply(log);
        Assert.That(log.Length, Is.Zero);
    }

    [Test]
    public void A_session_that_could_not_empty_its_log_acknowledges_nothing_more()
    {
        FailingFile log = new(_folder.File("log"));
        using StoreSession session = new(
            _folder.File("data"), new FailingFile(_folder.File("data")), new LogFile(log), new LogSeal(new FailingFile(_folder.File("seal"))));
        Assert.That(Commit(1));
        log.FailsToShrink = true;

        Assert.That(Commit(2), Is.False, "on the disk in log and database file");
        Assert.That(() => Commit(3), Throws.InstanceOf<IOException>());

        bool Commit(long sequence) => session.Commit(table => table.SetMarks(default(StoreMarks) with { Sequence = sequence }));
    }

    /// <summary>LiteDB marks a file in which it meets damage by a write of its own, which must not pass for the end of the batch.</summary>
    [Test]
    public void A_batch_that_meets_damage_with_its_log_half_written_has_failed()
    {
        string path = _folder.File("data");
        using (LiteDbKeyValueStore store = new(path))
        {
            store.Apply(new Core.Storage.WriteBatch().Put([1], [1]));
        }

        const byte DataPage = 4;
        byte[] pages = File.ReadAllBytes(path);
        for (int type = 4; type < pages.Length; type += StoreFiles.PageBytes)
        {
            pages[type] = pages[type] == DataPage ? (byte)1 : pages[type];
        }

        File.WriteAllBytes(path, pages);
        LogFile log = new(new FailingFile(_folder.File("log")));
        using LogSeal seal = new(new FailingFile(_folder.File("seal")));
        seal.Void();
        using StoreSession session = new(path, new FailingFile(path), log, seal);

        Assert.That(() => session.Commit(table =>
        {
            log.Write(pages, 0, StoreFiles.PageBytes);
            table.SetMarks(default);
        }), Throws.InstanceOf<LiteDB.LiteException>());
    }

    private sealed class FailingFile(string path) : FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0)
    {
        public bool FailsToSync { get; set; }

        public bool FailsToShrink { get; set; }

        public override void Flush(bool flushToDisk)
        {
            if (FailsToSync)
            {
                throw new IOException("It cannot be synced.");
            }

            base.Flush(flushToDisk);
        }

        public override void SetLength(long value)
        {
            if (FailsToShrink)
            {
                throw new IOException("It cannot be cut off.");
            }

            base.SetLength(value);
        }
    }
}
