using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Storage;
using PoUW.Storage.Sqlite;

namespace PoUW.Storage.LiteDb.Tests;

/// <summary>
/// Writes and reads both stores in turn and prints their rates by CPU time of the process. The environment variable POUW_RATES=1 asks for the counts of
/// docs/extras.md instead of the few of a test run.
/// </summary>
[TestFixture]
public sealed class RateTests
{
    private const int PairsPerBatch = 1000;
    private const int ValueBytes = 1000;

    private static readonly bool IsWhole = Environment.GetEnvironmentVariable("POUW_RATES") == "1";
    private static readonly (int Rounds, int SingleBatches, int Batches, int Reads) Counts = IsWhole ? (3, 300, 4, 5000) : (1, 20, 1, 500);

    [Test]
    public void Rates_of_the_stores()
    {
        using TemporaryFolder folder = new();
        Dictionary<string, double> best = [];
        for (int round = 0; round < Counts.Rounds; round++)
        {
            using LiteDbKeyValueStore lite = new(folder.File($"lite{round}.db"));
            Measure("LiteDB", lite, best);
            using SqliteKeyValueStore sqlite = new(folder.File($"sqlite{round}.db"));
            Measure("SQLite", sqlite, best);
        }

        foreach ((string name, double rate) in best.OrderBy(static figure => figure.Key, StringComparer.Ordinal))
        {
            TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{\"name\":\"{name}\",\"value\":{rate:F1},\"unit\":\"thousand a CPU second\"}}"));
        }
    }

    private static void Measure(string store, IKeyValueStore target, Dictionary<string, double> best)
    {
        int next = 0;
        Time($"batches of one pair, {store}", Counts.SingleBatches, () => Write(1));
        Time($"pairs in batches of {PairsPerBatch}, {store}", Counts.Batches * PairsPerBatch, () => Write(PairsPerBatch), PairsPerBatch);
        int read = 0;
        Time($"point reads, {store}", Counts.Reads, () => Assert.That(target.Get(Key(read++ % next)), Has.Length.EqualTo(ValueBytes)));

        void Write(int pairs)
        {
            WriteBatch batch = new();
            for (int i = 0; i < pairs; i++)
            {
                batch.Put(Key(next++), new byte[ValueBytes]);
            }

            target.Apply(batch);
        }

        void Time(string name, int count, Action act, int step = 1)
        {
            TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
            for (int i = 0; i < count; i += step)
            {
                act();
            }

            double seconds = (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
            best[name] = Math.Max(best.GetValueOrDefault(name), count / Math.Max(seconds, 1e-3) / 1000);
        }
    }

    /// <summary>Spread as hashes are.</summary>
    private static byte[] Key(int number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return SHA256.HashData(bytes);
    }
}
