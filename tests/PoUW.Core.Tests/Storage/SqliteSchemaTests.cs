using Microsoft.Data.Sqlite;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Storage.Sqlite;

namespace PoUW.Core.Tests.Storage;

/// <summary>
/// Stores that older software wrote: the files in Fixtures are those of schema 1 (written by the commit before schema 2) and 2, with the
/// same pairs.
/// </summary>
public sealed class SqliteSchemaTests
{
    private const int FixturePairs = 200;

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Make() => _folder = new TemporaryFolder();

    [TearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void Stores_of_every_schema_open_with_all_their_pairs([Values(1, 2)] int schema)
    {
        string path = Fixture(schema);
        for (int opening = 0; opening < 2; opening++)
        {
            using SqliteKeyValueStore store = new(path);
            Assert.That(store.WasClosedCleanly, Is.EqualTo(opening == 1));
            Assert.That(store.CheckIntegrity(), Is.Empty);
            AssertFixturePairs(store);
        }
    }

    [Test]
    public void A_schema_of_before_is_not_opened_for_reading_only_and_stays_as_it_is()
    {
        string path = Fixture(1);
        byte[] before = File.ReadAllBytes(path);

        Assert.That(
            () => new SqliteKeyValueStore(path, new SqliteStoreOptions { ReadOnly = true }),
            Throws.InstanceOf<SqliteStoreException>().With.Message.Contains("schema 1"));
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(before));
    }

    [Test]
    public void A_newer_schema_is_refused_and_stays_as_it_is([Values] bool readOnly)
    {
        string path = Fixture(2);
        Execute(path, "UPDATE meta SET value = 3 WHERE name = 'schema'");
        byte[] before = File.ReadAllBytes(path);

        Assert.That(
            () => new SqliteKeyValueStore(path, new SqliteStoreOptions { ReadOnly = readOnly }),
            Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.NewerVersion).With.Message.Contains("schema 3"));
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(before));
    }

    [Test]
    public void A_database_that_is_no_store_is_refused_and_stays_as_it_is()
    {
        string path = _folder.File("store.db");
        Execute(path, "CREATE TABLE notes (text TEXT)");
        byte[] before = File.ReadAllBytes(path);

        Assert.That(
            () => new SqliteKeyValueStore(path),
            Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.Corrupt));
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(before));
    }

    [Test]
    public void A_migration_that_breaks_off_leaves_the_old_schema_and_runs_later()
    {
        const int Pairs = 20_000;
        string path = _folder.File("store.db");
        Execute(path, "PRAGMA journal_mode = WAL; CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID; "
            + "INSERT INTO meta VALUES ('schema', 1); CREATE TABLE pairs (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID; "
            + "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
            + "INSERT INTO pairs SELECT CAST(printf('%08d', i) AS BLOB), CAST(printf('%0200d', i) AS BLOB) FROM n");

        // The log gets no longer than this, which the new rows do: what was written of them stays behind in the log.
        using (FileSizeLimit.OrSkip(2 * 1024 * 1024))
        {
            Assert.That(
                () => new SqliteKeyValueStore(path, new SqliteStoreOptions { CacheBytes = 512 * 1024 }),
                Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.DiskFull));
        }

        Assert.That(new FileInfo(path + "-wal").Length, Is.GreaterThan(1024 * 1024), "The migration did not get far.");
        Assert.That(Query(path, "SELECT value FROM meta WHERE name = 'schema'"), Is.EqualTo(1));
        Assert.That(Query(path, "SELECT count(*) FROM pairs WHERE length(value) = 200"), Is.EqualTo(Pairs));

        using SqliteKeyValueStore store = new(path);
        Assert.That(store.CheckIntegrity(), Is.Empty);
        Assert.That(store.ScanPrefix("000"u8).Count(), Is.EqualTo(Pairs));
    }

    private static void AssertFixturePairs(SqliteKeyValueStore store)
    {
        byte[] longest = new byte[1024];
        Array.Fill(longest, (byte)0xFF);
        Assert.That(store.ScanPrefix([]).Count(), Is.EqualTo(FixturePairs));
        Assert.That(store.Get([0]), Is.Empty);
        Assert.That(store.Get([0xFF]), Is.EqualTo(new byte[] { 9 }));
        Assert.That(store.Get(new byte[1024]), Is.EqualTo(new byte[] { 2 }));
        Assert.That(store.Get(longest), Is.EqualTo(new byte[] { 3 }));
        Assert.That(store.Get([1, 2, 3]), Is.EqualTo(Bytes(7, "large", 20_000)));
        for (int i = 5; i < FixturePairs; i++)
        {
            Assert.That(store.Get([(byte)i, .. Bytes((ulong)i, "key", 1 + (i % 40))]), Is.EqualTo(Bytes((ulong)i, "value", i % 97)));
        }
    }

    private static byte[] Bytes(ulong seed, string label, int length)
    {
        byte[] bytes = new byte[length];
        new SeededRandomSource(seed, label).Fill(bytes);
        return bytes;
    }

    private string Fixture(int schema)
    {
        string path = _folder.File("store.db");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Storage", "Fixtures", $"schema-{schema}.db"), path);
        return path;
    }

    private static void Execute(string path, string text) => Query(path, text);

    private static object? Query(string path, string text)
    {
        using SqliteConnection connection = new($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }
}
