using System.Buffers.Binary;
using System.Diagnostics;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Storage.Sqlite;

namespace PoUW.Benchmarks.Ledger;

/// <summary>
/// What the world state costs: a commit of 1,000 changed keys (<see cref="WorldState.Update"/>, <see cref="StateUpdate.WriteTo"/> and
/// <see cref="IKeyValueStore.Apply"/>) on trees of two sizes, in memory and in SQLite, its garbage, and proofs. CPU time of one thread.
/// </summary>
public static class StateFigures
{
    private const int ChangedKeys = 1_000;
    private const int SmallTree = 10_000;
    private const int LargeTree = 1_000_000;
    private const int BuildKeys = 10_000;
    private const int Rounds = 40;
    private const int Proofs = 1_000;
    private const int ValueBytes = 16;

    /// <summary>Measures trees of 10,000 and 1,000,000 keys.</summary>
    public static IEnumerable<RatioFigure> Run()
    {
        foreach (RatioFigure figure in Run(SmallTree, LargeTree))
        {
            yield return figure;
        }
    }

    /// <summary>Measures trees of these numbers of keys, with the goals of 10,000 and 1,000,000 keys.</summary>
    public static IEnumerable<RatioFigure> Run(int smallTree, int largeTree)
    {
        foreach ((int keys, double goal) in new[] { (smallTree, 5.0), (largeTree, 12.0) })
        {
            using InMemoryKeyValueStore memory = new();
            foreach (RatioFigure figure in RunOn(memory, "memory", keys, goal))
            {
                yield return figure;
            }

            string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
            try
            {
                using SqliteKeyValueStore sqlite = new(Path.Combine(folder, "state.db"));
                foreach (RatioFigure figure in RunOn(sqlite, "sqlite", keys, null))
                {
                    yield return figure;
                }
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static IEnumerable<RatioFigure> RunOn(IKeyValueStore store, string name, int keys, double? goal)
    {
        WorldState world = new(store);
        WriteBatch batch = new();
        StateVersion tip = Build(world, store, keys, batch);
        string what = $"{keys} keys, {name}";
        (double compute, double whole, double wall, double bytes) = (double.MaxValue, double.MaxValue, double.MaxValue, double.MaxValue);
        for (int round = 1; round <= Rounds; round++)
        {
            StateOverlay overlay = Change(world.At(tip), keys, round);
            batch.Clear();
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            double start = CpuStopwatch.ThreadCpuSeconds();
            long wallStart = Stopwatch.GetTimestamp();
            tip = world.Update(overlay, tip).WriteTo(batch);
            compute = Math.Min(compute, CpuStopwatch.ThreadCpuSeconds() - start);
            bytes = Math.Min(bytes, GC.GetAllocatedBytesForCurrentThread() - allocated);
            store.Apply(batch);
            whole = Math.Min(whole, CpuStopwatch.ThreadCpuSeconds() - start);
            wall = Math.Min(wall, Stopwatch.GetElapsedTime(wallStart).TotalSeconds);
        }

        yield return new RatioFigure("ledger.state.update", whole * 1e3, $"ms ({ChangedKeys} of {what})", wall * 1e3, "", null, goal, LowerIsBetter: true);
        yield return new RatioFigure("ledger.state.update.compute", compute * 1e3, $"ms (update and writes alone, {what})", null, "", null, null, LowerIsBetter: true);
        yield return new RatioFigure("ledger.state.update.garbage", bytes / ChangedKeys, $"bytes a changed key ({what})", null, "", null, null, LowerIsBetter: true);
        yield return new RatioFigure("ledger.state.update.written", batch.Bytes / (double)ChangedKeys, $"bytes a changed key ({what}, {batch.Count} entries)", null, "", null, null, LowerIsBetter: true);
        if (name == "memory")
        {
            foreach (RatioFigure figure in Prove(world.At(tip), keys, what))
            {
                yield return figure;
            }
        }
    }

    private static IEnumerable<RatioFigure> Prove(StateSnapshot state, int keys, string what)
    {
        StateKey[] proven = [.. Enumerable.Range(0, Proofs).Select(i => Key((int)(i * 7919L % keys)))];
        StateProof[] proofs = new StateProof[Proofs];
        (double cpu, double wall) = CpuStopwatch.Best(Rounds, () =>
        {
            for (int i = 0; i < Proofs; i++)
            {
                proofs[i] = state.ProveRecord(proven[i]);
            }
        });
        yield return new RatioFigure("ledger.state.prove", cpu / Proofs * 1e6, $"us a proof ({what})", wall / Proofs * 1e6, "", null, 10, LowerIsBetter: true);

        Hash256 root = state.Root;
        byte[][] values = [.. proven.Select(key => state.GetRecord(key)!)];
        int valid = 0;
        (cpu, wall) = CpuStopwatch.Best(Rounds, () =>
        {
            for (int i = 0; i < Proofs; i++)
            {
                valid += StateProofVerifier.VerifyInclusion(root, proven[i].Path, values[i], proofs[i]) ? 1 : 0;
            }
        });
        double? verified = valid == Proofs * (Rounds + 1) ? cpu / Proofs * 1e6 : null;
        yield return new RatioFigure("ledger.state.verify", verified, $"us a proof ({what})", wall / Proofs * 1e6, "", null, 30, LowerIsBetter: true);
    }

    private static StateVersion Build(WorldState world, IKeyValueStore store, int keys, WriteBatch batch)
    {
        StateVersion tip = StateVersion.Empty;
        for (int from = 0; from < keys; from += BuildKeys)
        {
            StateOverlay overlay = new(world.At(tip));
            for (int key = from; key < Math.Min(keys, from + BuildKeys); key++)
            {
                overlay.SetRecord(Key(key), Value(key, 0));
            }

            batch.Clear();
            tip = world.Commit(overlay, tip, batch);
            store.Apply(batch);
        }

        return tip;
    }

    private static StateOverlay Change(StateSnapshot state, int keys, int call)
    {
        // Other keys every time, in no order, so that the memory of pages helps no more than it would a chain.
        StateOverlay overlay = new(state);
        for (int i = 0; i < ChangedKeys; i++)
        {
            int key = (int)(((call * 104_729L) + (i * 15_485_863L)) % keys);
            overlay.SetRecord(Key(key), Value(key, call));
        }

        return overlay;
    }

    private static StateKey Key(int key)
    {
        Span<byte> id = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(id, key);
        return StateKey.Create("bench", "item", id);
    }

    private static byte[] Value(int key, int call)
    {
        byte[] value = new byte[ValueBytes];
        BinaryPrimitives.WriteInt32BigEndian(value, key);
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(4), call);
        return value;
    }
}
