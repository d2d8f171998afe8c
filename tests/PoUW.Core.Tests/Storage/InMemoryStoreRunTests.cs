using System.Buffers.Binary;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Storage;

/// <summary>The store takes a short way for a key beside the one before; nothing may be lost or found twice by it.</summary>
public sealed class InMemoryStoreRunTests
{
    private const int Steps = 120;

    [Test]
    public void Runs_of_keys_with_deletes_and_snapshots_in_between_are_what_a_sorted_list_says(
        [Values(1, 2, 3, 4, 5, 6)] int seed, [Values(300, 20_000, 2_000_000)] int range)
    {
        Random random = new(seed);
        using InMemoryKeyValueStore store = new();
        SortedDictionary<int, int> model = [];
        List<(IKeyValueSnapshot View, KeyValuePair<int, int>[] Expected)> views = [];
        WriteBatch batch = new();
        for (int step = 0; step < Steps; step++)
        {
            AddRun(batch, model, random, range, step);
            if (random.Next(3) == 0)
            {
                // The next run goes on in the same batch, beside the run before.
                continue;
            }

            store.Apply(batch);
            batch.Clear();
            if (random.Next(4) == 0)
            {
                views.Add((store.Snapshot(), [.. model]));
            }

            if (step % 10 == 0)
            {
                Check(store, [.. model]);
            }
        }

        store.Apply(batch);
        Check(store, [.. model]);
        foreach ((IKeyValueSnapshot view, KeyValuePair<int, int>[] expected) in views)
        {
            Check(view, expected);
            view.Dispose();
        }
    }

    private static void AddRun(WriteBatch batch, SortedDictionary<int, int> model, Random random, int range, int step)
    {
        int kind = random.Next(5);
        int key = random.Next(range);
        int count = random.Next(1, 400);
        for (int i = 0; i < count; i++)
        {
            int stride = random.Next(8) == 0 ? random.Next(20) : 1;
            key = Math.Clamp(kind switch { 0 => key + stride, 1 => key - stride, 2 => random.Next(range), _ => key + stride }, 0, range);
            bool deletes = kind == 3 ? random.Next(2) == 0 : kind == 4;
            if (deletes)
            {
                batch.Delete(Bytes(key));
                model.Remove(key);
            }
            else
            {
                batch.Put(Bytes(key), Bytes(step));
                model[key] = step;
            }
        }
    }

    private static void Check(IKeyValueReader reader, KeyValuePair<int, int>[] expected)
    {
        IReadOnlyList<KeyValuePair<byte[], byte[]>> found = reader.Scan([], [], expected.Length + 1);
        Assert.That(found.Select(static pair => (Int(pair.Key), Int(pair.Value))), Is.EqualTo(expected.Select(static pair => (pair.Key, pair.Value))));
        Assert.That(expected.Count(pair => reader.Get(Bytes(pair.Key)) is not { } value || Int(value) != pair.Value), Is.Zero, "Keys lost.");
    }

    private static byte[] Bytes(int number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }

    private static int Int(byte[] bytes) => BinaryPrimitives.ReadInt32BigEndian(bytes);
}
