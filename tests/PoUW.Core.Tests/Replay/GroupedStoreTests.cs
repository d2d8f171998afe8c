using PoUW.Core.Replay;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Replay;

public sealed class GroupedStoreTests
{
    [Test]
    public void Reads_like_a_store_that_writes_at_once()
    {
        using InMemoryKeyValueStore plain = new();
        using InMemoryKeyValueStore inner = new();
        using GroupedStore grouped = new(inner, 400);
        Random random = new(3);
        WriteBatch batch = new();
        for (int i = 0; i < 500; i++)
        {
            batch.Clear();
            for (int j = random.Next(4); j >= 0; j--)
            {
                byte[] key = Key(random);
                _ = random.Next(4) == 0 ? batch.Delete(key) : batch.Put(key, new byte[random.Next(30)]);
            }

            plain.Apply(batch);
            grouped.Apply(batch);
            byte[] asked = Key(random);
            Assert.That(grouped.Get(asked), Is.EqualTo(plain.Get(asked)));
            if (i % 50 == 0)
            {
                Assert.That(Pairs(grouped.Scan([], [], 1_000)), Is.EqualTo(Pairs(plain.Scan([], [], 1_000))));
            }
        }

        grouped.Flush();
        Assert.That(Pairs(inner.Scan([], [], 1_000)), Is.EqualTo(Pairs(plain.Scan([], [], 1_000))));
    }

    [Test]
    public void Hands_on_when_it_is_full_and_drops_the_rest_when_disposed()
    {
        using InMemoryKeyValueStore inner = new();
        GroupedStore grouped = new(inner, 100);
        grouped.Apply(new WriteBatch().Put([1], new byte[60]));
        Assert.That(inner.Get([1]), Is.Null);
        grouped.Apply(new WriteBatch().Put([2], new byte[60]));
        Assert.That(inner.Get([1]), Has.Length.EqualTo(60));
        grouped.Apply(new WriteBatch().Put([3], [1]));
        grouped.Dispose();
        Assert.That((inner.Get([2]) is not null, inner.Get([3]) is null), Is.EqualTo((true, true)));
    }

    [Test]
    public void Keeps_what_could_not_be_handed_on()
    {
        using InMemoryKeyValueStore inner = new();
        FailingStore failing = new(inner) { FailAt = 1 };
        using GroupedStore grouped = new(failing, 1_000);
        grouped.Apply(new WriteBatch().Put([1], [7]));
        Assert.That(grouped.Flush, Throws.InstanceOf<StoreException>());
        failing.FailAt = int.MaxValue;
        Assert.That(grouped.Get([1]), Is.EqualTo(new byte[] { 7 }));
        using IKeyValueSnapshot view = grouped.Snapshot();
        Assert.That(view.Get([1]), Is.EqualTo(new byte[] { 7 }));
    }

    /// <summary>As every store: a caller that sees a failure goes on as if the batch had never been.</summary>
    [TestCase(0)]
    [TestCase(10)]
    [TestCase(100)]
    public void Nothing_of_a_batch_that_failed_is_visible(int maxBytes)
    {
        using InMemoryKeyValueStore inner = new();
        FailingStore failing = new(inner) { FailAt = 1 };
        using GroupedStore grouped = new(failing, maxBytes);
        Assert.That(() => grouped.Apply(new WriteBatch().Put([1], new byte[60])), maxBytes == 100 ? Throws.Nothing : Throws.InstanceOf<StoreException>());
        Assert.That(() => grouped.Apply(new WriteBatch().Put([2], new byte[60])), Throws.InstanceOf<StoreException>());
        Assert.That(grouped.Get([2]), Is.Null);

        failing.FailAt = int.MaxValue;
        grouped.Flush();
        Assert.That((inner.Get([1]) is not null, inner.Get([2])), Is.EqualTo((maxBytes == 100, (byte[]?)null)));
    }

    [Test]
    public void The_array_that_it_gives_is_the_callers()
    {
        using InMemoryKeyValueStore inner = new();
        using GroupedStore grouped = new(inner, 1_000);
        grouped.Apply(new WriteBatch().Put([1], [7]));
        grouped.Get([1])![0] = 9;
        Assert.That(grouped.Get([1]), Is.EqualTo(new byte[] { 7 }));
    }

    private static byte[] Key(Random random)
    {
        byte[] key = new byte[1 + random.Next(12)];
        key[0] = (byte)random.Next(20);
        return key;
    }

    private static List<string> Pairs(IReadOnlyList<KeyValuePair<byte[], byte[]>> pairs) =>
        [.. pairs.Select(static pair => Convert.ToHexString(pair.Key) + "=" + Convert.ToHexString(pair.Value))];
}
