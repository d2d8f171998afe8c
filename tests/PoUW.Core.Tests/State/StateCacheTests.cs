using System.Buffers.Binary;
using PoUW.Core.Ledger;
using PoUW.Core.State;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.State;

/// <summary>What fits into the memory of pages and values is answered by it, all but a few entries whose place others took.</summary>
public sealed class StateCacheTests
{
    private const int Keys = 4_000;

    [Test]
    public void What_was_committed_is_read_and_updated_from_memory()
    {
        using InMemoryKeyValueStore inner = new();
        using CountingStore store = new(inner);
        WorldState world = new(store);
        StateVersion tip = Commit(world, store, StateVersion.Empty, 0);
        tip = Commit(world, store, tip, 1);
        int before = store.Reads;
        StateSnapshot state = world.At(tip);
        for (int key = 0; key < Keys; key++)
        {
            Assert.That(state.GetRecord(Key(key)), Is.EqualTo(Value(key, 1)));
        }

        _ = world.Update(Changes(state, 2), tip);
        Assert.That(store.Reads - before, Is.LessThan(Keys / 10));
    }

    [Test]
    public void A_memory_far_too_small_changes_nothing_but_the_reads([Values(0, 200, 20_000, 300_000)] int bytes)
    {
        using InMemoryKeyValueStore small = new();
        using InMemoryKeyValueStore large = new();
        WorldState world = new(small, new WorldStateOptions { PageCacheBytes = bytes, ValueCacheBytes = bytes });
        WorldState expected = new(large);
        (StateVersion tip, StateVersion other) = (StateVersion.Empty, StateVersion.Empty);
        for (int call = 0; call < 4; call++)
        {
            tip = Commit(world, small, tip, call);
            other = Commit(expected, large, other, call);
            Assert.That(tip, Is.EqualTo(other));
            StateSnapshot state = world.At(tip);
            Assert.That(Enumerable.Range(0, Keys).Count(key => !Value(key, call).AsSpan().SequenceEqual(state.GetRecord(Key(key)))), Is.Zero);
        }
    }

    private static StateVersion Commit(WorldState world, IKeyValueStore store, StateVersion parent, int call)
    {
        WriteBatch batch = new();
        StateVersion version = world.Commit(Changes(world.At(parent), call), parent, batch);
        store.Apply(batch);
        return version;
    }

    private static StateOverlay Changes(StateSnapshot state, int call)
    {
        StateOverlay overlay = new(state);
        for (int key = 0; key < Keys; key++)
        {
            overlay.SetRecord(Key(key), Value(key, call));
        }

        return overlay;
    }

    private static StateKey Key(int key)
    {
        Span<byte> id = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(id, key);
        return StateKey.Create("test", "item", id);
    }

    private static byte[] Value(int key, int call) => [.. BitConverter.GetBytes(key), (byte)call, .. new byte[key % 60]];
}
