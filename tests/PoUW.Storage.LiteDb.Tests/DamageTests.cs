using System.Globalization;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Storage;

namespace PoUW.Storage.LiteDb.Tests;

/// <summary>
/// Files with one damaged place: whatever it is, calls end in values that were written or in a failure of the store, and what is wrong or gone is found. The
/// environment variable POUW_DAMAGE asks for more files than the few of a test run, POUW_DAMAGE_FROM for others.
/// </summary>
[TestFixture]
public sealed class DamageTests
{
    private const int FewFiles = 15;
    private const int MetadataBytes = 300;
    private const int SectorBytes = 512;

    private static readonly int[] Numbers = [int.MaxValue, -1, 1 << 30, int.MinValue, 0, 0x00FF_FFFF];

    [Test]
    public void Damaged_files_end_in_values_or_failures_and_never_in_anything_else()
    {
        using TemporaryFolder folder = new();
        SortedDictionary<string, byte[]> written = new(StringComparer.Ordinal);
        byte[] whole = Create(folder.File("whole.db"), written);
        int first = Asked("POUW_DAMAGE_FROM", 0);
        int files = Asked("POUW_DAMAGE", FewFiles);
        int named = 0;
        for (int seed = first; seed < first + files; seed++)
        {
            string file = folder.File($"damaged{seed}.db");
            File.WriteAllBytes(file, Damage(whole, new Random(seed)));
            named += Survive(file, written, $"file {seed}") ? 1 : 0;
            foreach (string left in Directory.GetFiles(Path.GetDirectoryName(file)!, "damaged*"))
            {
                File.Delete(left);
            }
        }

        GC.Collect(); // A finaliser that throws ends the process.
        GC.WaitForPendingFinalizers();
        TestContext.Out.WriteLine($"{files} files, {named} with damage that was named");
    }

    /// <summary>Opens, reads, checks, writes and closes a damaged file.</summary>
    /// <returns>True if anything named the damage; false if every value was right.</returns>
    private static bool Survive(string file, SortedDictionary<string, byte[]> written, string what)
    {
        LiteDbKeyValueStore store;
        try
        {
            store = new LiteDbKeyValueStore(file);
        }
        catch (LiteDbStoreException)
        {
            return true;
        }

        using (store)
        {
            bool named = false;
            IReadOnlyList<KeyValuePair<byte[], byte[]>> all = Try(() => store.Scan([], [], 1000), [], ref named);
            bool right = all.Count == written.Count && all.All(pair => written[Convert.ToHexString(pair.Key)].AsSpan().SequenceEqual(pair.Value));
            foreach ((string key, byte[] value) in written)
            {
                bool failed = false;
                byte[]? found = Try(() => store.Get(Convert.FromHexString(key)), null, ref failed);
                Assert.That(failed || found is null || found.AsSpan().SequenceEqual(value), $"{what}: a wrong value of {key}");
                right &= found is not null;
                named |= failed;
            }

            named |= Try(() => store.CheckIntegrity(), [], ref named).Count > 0;
            Assert.That(right || named, $"{what}: what is wrong was not found");
            WriteBatch batch = new WriteBatch().Put([200], new byte[2_500_000]).Delete([7]).Put([201], [1]);
            bool isThere = Try(() => Apply(store, batch), false, ref named);
            bool unreadable = false;
            byte[]? after = Try(() => store.Get([200]), null, ref unreadable);
            Assert.That(unreadable || after?.Length == (isThere ? 2_500_000 : null), $"{what}: a batch that was acknowledged is there and no other");
            return named;
        }
    }

    private static bool Apply(LiteDbKeyValueStore store, WriteBatch batch)
    {
        store.Apply(batch);
        return true;
    }

    private static T Try<T>(Func<T> call, T otherwise, ref bool failed)
    {
        try
        {
            return call();
        }
        catch (LiteDbStoreException)
        {
            failed = true;
            return otherwise;
        }
    }

    /// <summary>A bit, a number, a sector, a page, or four bytes; more often than not where LiteDB keeps what it needs to find things.</summary>
    private static byte[] Damage(byte[] whole, Random random)
    {
        byte[] damaged = [.. whole];
        int pages = whole.Length / StoreFiles.PageBytes;
        int page = random.Next(3) == 0 ? random.Next(pages) : random.Next(Math.Min(pages, 60));
        int at = (page * StoreFiles.PageBytes) + random.Next(random.Next(2) == 0 ? StoreFiles.PageBytes - sizeof(int) : MetadataBytes);
        switch (random.Next(5))
        {
            case 0:
                damaged[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                BitConverter.TryWriteBytes(damaged.AsSpan(at), Numbers[random.Next(Numbers.Length)]);
                break;
            case 2:
                damaged.AsSpan(at & ~(SectorBytes - 1), SectorBytes).Clear();
                break;
            case 3:
                damaged.AsSpan(random.Next(pages) * StoreFiles.PageBytes, StoreFiles.PageBytes).CopyTo(damaged.AsSpan(page * StoreFiles.PageBytes));
                break;
            default:
                random.NextBytes(damaged.AsSpan(at, sizeof(int)));
                break;
        }

        return damaged;
    }

    /// <summary>Short and long values, one in parts, and long keys that share a document.</summary>
    private static byte[] Create(string file, SortedDictionary<string, byte[]> written)
    {
        Random random = new(3);
        using (LiteDbKeyValueStore store = new(file))
        {
            for (int i = 0; i < 6; i++)
            {
                WriteBatch batch = new();
                for (int pair = 0; pair < 20; pair++)
                {
                    Put(batch, Bytes(1 + random.Next(40)), Bytes(random.Next(random.Next(4) == 0 ? 30_000 : 300)));
                }

                byte[] shared = new byte[1001];
                shared[1000] = (byte)i;
                store.Apply(Put(batch, shared, Bytes(i)));
            }

            store.Apply(Put(new WriteBatch(), [7], Bytes(1_200_000)));
        }

        return File.ReadAllBytes(file);

        byte[] Bytes(int length)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            return bytes;
        }

        WriteBatch Put(WriteBatch batch, byte[] key, byte[] value)
        {
            written[Convert.ToHexString(key)] = value;
            return batch.Put(key, value);
        }
    }

    private static int Asked(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int asked) ? asked : otherwise;
}
