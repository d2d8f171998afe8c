using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Storage.Sqlite;

namespace PoUW.Core.Tests.Storage;

/// <summary>
/// A store whose files are damaged behind its back either has every pair that was acknowledged, or says that it is damaged. The files are
/// those of a process that was killed: a database and a log that was not copied into it.
/// </summary>
public sealed class PageTearingTests
{
    private const int Pairs = 3000;
    private static readonly string[] Suffixes = ["", "-wal", "-seal"];

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, byte[]> _files = [];
    private readonly SortedDictionary<string, byte[]> _model = new(StringComparer.Ordinal);
    private byte[] _older = [];

    [OneTimeSetUp]
    public void Build()
    {
        string path = _folder.File("store.db");
        Fuzzer random = new(1, "tearing tests");
        using (SqliteKeyValueStore store = new(path))
        {
            for (int i = 0; i < Pairs; i += 100)
            {
                Apply(store, random, i, 100);
            }
        }

        _older = File.ReadAllBytes(path);
        using (SqliteKeyValueStore store = new(path))
        {
            Apply(store, random, 0, 400);
        }

        using SqliteKeyValueStore killed = new(path);
        for (int i = 0; i < 10; i++)
        {
            Apply(killed, random, random.Next(Pairs), 40);
        }

        foreach (string suffix in Suffixes)
        {
            _files[suffix] = File.ReadAllBytes(path + suffix);
        }
    }

    [OneTimeTearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void Files_of_a_killed_process_are_intact([Values] bool withSeal)
    {
        string path = Copy("whole");
        if (!withSeal)
        {
            File.Delete(path + "-seal");
        }

        Assert.That(Report(path), Is.Empty);
        AssertEqualsModel(path);
    }

    [Test]
    public void Torn_pages_of_the_database_lose_nothing_unreported() =>
        Assert.That(TearMany("", 60, (tearing, path) => tearing.Tear(path, _older)), Is.GreaterThan(30), "The damage hardly ever hit anything.");

    [Test]
    public void Torn_pages_of_the_log_lose_nothing_unreported() =>
        Assert.That(TearMany("-wal", 60, (tearing, path) => tearing.Tear(path)), Is.GreaterThan(30), "The damage hardly ever hit anything.");

    [Test]
    public void Pages_with_their_old_content_lose_nothing_unreported() =>
        Assert.That(TearMany("", 50, PutOldPage), Is.GreaterThan(30), "The damage hardly ever hit anything.");

    [Test]
    public void A_torn_seal_is_reported_once()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            string path = Copy($"seal-{seed}");
            byte[] seal = _files["-seal"];
            seal = [.. seal];
            seal[new Fuzzer(seed, "seal").Next(seal.Length)] ^= 0x10;
            File.WriteAllBytes(path + "-seal", seal);

            Assert.That(Report(path), Has.Some.Contains("-seal"));
            Assert.That(Report(path), Is.Empty);
            AssertEqualsModel(path);
        }
    }

    [Test]
    public void A_file_that_was_replaced_by_an_older_one_is_refused()
    {
        string path = Copy("replaced");
        File.WriteAllBytes(path, _older);
        File.Delete(path + "-wal");

        Assert.That(
            () => new SqliteKeyValueStore(path),
            Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.Corrupt).With.Message.Contains("acknowledged"));
        Assert.That(() => new SqliteKeyValueStore(path, new SqliteStoreOptions { ReadOnly = true }), Throws.InstanceOf<StoreException>());

        using (SqliteKeyValueStore accepted = new(path, new SqliteStoreOptions { AcceptLostBatches = true }))
        {
            Assert.That(accepted.CheckIntegrity(), Has.Some.Contains("missing"));
            Assert.That(accepted.WasClosedCleanly, Is.False);
            accepted.Apply(new WriteBatch().Put([1], [1]));
        }

        using SqliteKeyValueStore later = new(path);
        Assert.That(later.CheckIntegrity(), Is.Empty);
    }

    [Test]
    public void A_database_that_vanished_is_not_made_anew()
    {
        string path = Copy("vanished");
        File.Delete(path);
        File.Delete(path + "-wal");

        Assert.That(
            () => new SqliteKeyValueStore(path), Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.Corrupt));
    }

    /// <summary>A repair opens the damaged store too, and can be killed.</summary>
    [Test]
    public void Looking_at_a_store_that_lost_batches_does_not_hide_the_loss()
    {
        string path = Copy("looked-at");
        File.WriteAllBytes(path, _older);
        File.Delete(path + "-wal");
        for (int time = 0; time < 2; time++)
        {
            using (IKeyValueStore salvaged = SqliteSalvage.Open(path))
            {
                Assert.That(salvaged.Scan([], [], 1), Is.Not.Empty);
            }

            Assert.That(
                () => new SqliteKeyValueStore(path), Throws.InstanceOf<StoreException>().With.Property("Failure").EqualTo(StoreFailure.Corrupt));
        }
    }

    [Test]
    public void A_store_with_damage_does_not_count_as_closed_cleanly()
    {
        int damaged = 0;
        for (ulong seed = 0; seed < 20; seed++)
        {
            string path = Copy($"unclean-{seed}");
            PutOldPage(new PageTearing(seed), path);
            if (Report(path).Count > 0)
            {
                damaged++;
                using SqliteKeyValueStore again = new(path);
                Assert.That(again.WasClosedCleanly, Is.False, $"seed {seed}");
            }
        }

        Assert.That(damaged, Is.GreaterThan(5));
    }

    // The log would cover most of the pages that differ, so it is copied into the database first.
    private string PutOldPage(PageTearing tearing, string path)
    {
        new SqliteKeyValueStore(path).Dispose();
        return tearing.PutOldPage(path, _older)!;
    }

    private int TearMany(string suffix, int times, Func<PageTearing, string, string> tear)
    {
        int reported = 0;
        for (ulong seed = 0; seed < (ulong)times; seed++)
        {
            string path = Copy($"torn{suffix}-{seed}");
            string what = tear(new PageTearing(seed), path + suffix);
            if (Report(path).Count > 0)
            {
                reported++;
            }
            else
            {
                AssertEqualsModel(path, what);
            }

            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }

        TestContext.Out.WriteLine($"{reported} of {times} reported, the others intact.");
        return reported;
    }

    /// <summary>What opening or the check says about a store.</summary>
    private static IReadOnlyList<string> Report(string path)
    {
        try
        {
            using SqliteKeyValueStore store = new(path);
            return store.CheckIntegrity();
        }
        catch (StoreException failure) when (failure.Failure == StoreFailure.Corrupt)
        {
            return [failure.Message];
        }
    }

    private void AssertEqualsModel(string path, string what = "")
    {
        using SqliteKeyValueStore store = new(path);
        KeyValuePair<byte[], byte[]>[] pairs = [.. store.ScanPrefix([])];
        Assert.That(pairs.Select(pair => Convert.ToHexString(pair.Key)), Is.EqualTo(_model.Keys), what);
        Assert.That(pairs.Zip(_model.Values).All(both => both.First.Value.AsSpan().SequenceEqual(both.Second)), what);
        Assert.That(_model.All(pair => store.Get(Convert.FromHexString(pair.Key)).AsSpan().SequenceEqual(pair.Value)), what);
    }

    private string Copy(string name)
    {
        string folder = _folder.File(name);
        Directory.CreateDirectory(folder);
        foreach ((string suffix, byte[] content) in _files)
        {
            File.WriteAllBytes(Path.Combine(folder, "store.db" + suffix), content);
        }

        return Path.Combine(folder, "store.db");
    }

    private void Apply(SqliteKeyValueStore store, Fuzzer random, int first, int count)
    {
        WriteBatch batch = new();
        for (int i = first; i < first + count; i++)
        {
            byte[] key = Hash256.Sha256(BitConverter.GetBytes(i % Pairs)).ToArray();
            byte[] value = new byte[random.Next(20) == 0 ? 3000 : random.Next(400)];
            Array.Fill(value, (byte)random.Next(256));
            if (random.Next(8) == 0)
            {
                batch.Delete(key);
                _model.Remove(Convert.ToHexString(key));
            }
            else
            {
                batch.Put(key, value);
                _model[Convert.ToHexString(key)] = value;
            }
        }

        store.Apply(batch);
    }
}
