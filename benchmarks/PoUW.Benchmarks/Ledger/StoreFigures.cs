using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using PoUW.Core.Storage;
using PoUW.Storage.Sqlite;

namespace PoUW.Benchmarks.Ledger;

/// <summary>
/// What the stores cost at n and at 8 n pairs: a batch of 5,000 new pairs with its durable commit, a read, a seek. Keys have 40 bytes and
/// are hashes (no two near each other) or run on (each batch behind the last one); values have 100 to 699 bytes.
/// </summary>
public static class StoreFigures
{
    private const int BatchPairs = 5_000;
    private const int Pairs = 100_000;
    private const int Growth = 8;
    private const int Batches = 15;
    private const int Reads = 20_000;
    private const int KeyBytes = 40;
    private const int LeastValue = 100;
    private const int ValueRange = 600;
    private const double GoalMilliseconds = 25;

    /// <summary>Measures both stores on one thread by its CPU time; the wall time beside it has the waits for the disk.</summary>
    public static IEnumerable<RatioFigure> Run()
    {
        foreach (bool sqlite in new[] { true, false })
        {
            foreach (bool hashed in new[] { false, true })
            {
                string name = $"ledger.store.{(sqlite ? "sqlite" : "memory")}.{(hashed ? "hashes" : "inorder")}";
                Costs small = Measure(sqlite, hashed, Pairs);
                Costs large = Measure(sqlite, hashed, Pairs * Growth);
                yield return Figure($"{name}.put5000", "ms", 1e3, small.Put, large.Put, sqlite && !hashed ? GoalMilliseconds : null);
                yield return Figure($"{name}.get", "us", 1e6, small.Get, large.Get, null);
                yield return Figure($"{name}.seek", "us", 1e6, small.Seek, large.Seek, null);
                yield return new RatioFigure(
                    $"{name}.garbage", large.PutGarbage, "bytes a put", null, $"{Pairs} pairs", small.PutGarbage, null, LowerIsBetter: true);
            }
        }
    }

    private static RatioFigure Figure(string name, string unit, double scale, Time small, Time large, double? goal) => new(
        name, large.Cpu * scale, $"{unit} ({Pairs * Growth} pairs)", large.Wall * scale, $"{Pairs} pairs", small.Cpu * scale, goal, LowerIsBetter: true);

    private static Costs Measure(bool sqlite, bool hashed, int pairs)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pouw-store-");
        try
        {
            using IKeyValueStore store = sqlite ? new SqliteKeyValueStore(Path.Combine(folder.FullName, "store.db")) : new InMemoryKeyValueStore();
            WriteBatch batch = new();
            int next = 0;
            for (; next < pairs; next += BatchPairs)
            {
                Fill(batch, hashed, next);
                store.Apply(batch);
            }

            return Measure(store, batch, hashed, pairs);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Costs Measure(IKeyValueStore store, WriteBatch batch, bool hashed, int pairs)
    {
        Time put = Time.Worst;
        long garbage = long.MaxValue;
        for (int i = 0; i < Batches; i++)
        {
            Fill(batch, hashed, pairs + (i * BatchPairs));
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            put = put.Least(Time.Of(() => store.Apply(batch)));
            garbage = Math.Min(garbage, GC.GetAllocatedBytesForCurrentThread() - allocated);
        }

        byte[][] keys = [.. Enumerable.Range(0, Reads).Select(i => Key(hashed, (int)(i * 7919L % pairs)))];
        Time get = Time.Worst;
        Time seek = Time.Worst;
        for (int i = 0; i < 5; i++)
        {
            get = get.Least(Time.Of(() => Array.ForEach(keys, key => Require(store.Get(key) is not null))));
            seek = seek.Least(Time.Of(() => Array.ForEach(keys, key => Require(store.Scan(key, [], 1).Count == 1))));
        }

        return new Costs(put, get.Over(Reads), seek.Over(Reads), garbage / BatchPairs);
    }

    private static void Fill(WriteBatch batch, bool hashed, int first)
    {
        Random random = new(first);
        byte[] value = new byte[LeastValue + ValueRange];
        random.NextBytes(value);
        batch.Clear();
        for (int i = first; i < first + BatchPairs; i++)
        {
            batch.Put(Key(hashed, i), value.AsSpan(0, LeastValue + random.Next(ValueRange)));
        }
    }

    private static byte[] Key(bool hashed, int number)
    {
        byte[] key = new byte[KeyBytes];
        if (!hashed)
        {
            BinaryPrimitives.WriteInt32BigEndian(key, number / BatchPairs);
        }

        SHA256.HashData(BitConverter.GetBytes(number), key.AsSpan(8));
        return key;
    }

    private static void Require(bool found)
    {
        if (!found)
        {
            throw new InvalidOperationException("The store lost a pair.");
        }
    }

    private readonly record struct Costs(Time Put, Time Get, Time Seek, double PutGarbage);

    private readonly record struct Time(double Cpu, double Wall)
    {
        internal static Time Worst => new(double.MaxValue, double.MaxValue);

        internal static Time Of(Action work)
        {
            double cpu = CpuStopwatch.ThreadCpuSeconds();
            long start = Stopwatch.GetTimestamp();
            work();
            return new Time(CpuStopwatch.ThreadCpuSeconds() - cpu, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        internal Time Least(Time other) => new(Math.Min(Cpu, other.Cpu), Math.Min(Wall, other.Wall));

        internal Time Over(int count) => new(Cpu / count, Wall / count);
    }
}
