using System.Security.Cryptography;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Storage;

public sealed class InMemoryStoreGrowthTests
{
    /// <summary>Falling and random keys split the leftmost nodes again and again: the first key of an inner node is no bound.</summary>
    [Test]
    public void Every_key_is_found_in_whatever_order_they_came([Values("rising", "falling", "random")] string order)
    {
        for (int count = 1; count < 9_000; count = (count * 3 / 2) + 1)
        {
            List<byte[]> keys = [.. Enumerable.Range(0, count).Select(i => SHA256.HashData(BitConverter.GetBytes((i * 7) + count))[..8])];
            if (order != "random")
            {
                keys.Sort(static (left, right) => left.AsSpan().SequenceCompareTo(right));
            }

            if (order == "falling")
            {
                keys.Reverse();
            }

            using InMemoryKeyValueStore store = new();
            WriteBatch batch = new();
            keys.ForEach(key => batch.Put(key, key));
            store.Apply(batch);
            Assert.That(keys.Count(key => store.Get(key) is null), Is.Zero, $"Keys lost of {count}.");
            keys.Sort(static (left, right) => left.AsSpan().SequenceCompareTo(right));
            Assert.That(store.Scan([], [], count + 1).Select(static pair => pair.Key).SequenceEqual(keys, ByContent.Instance), Is.True);
        }
    }

    private sealed class ByContent : IEqualityComparer<byte[]>
    {
        internal static readonly ByContent Instance = new();

        public bool Equals(byte[]? left, byte[]? right) => left.AsSpan().SequenceEqual(right);

        public int GetHashCode(byte[] key) => key[0];
    }
}
