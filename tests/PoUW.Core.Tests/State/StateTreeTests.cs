using System.Security.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.State;

public sealed class StateTreeTests
{
    [Test]
    public void The_root_of_a_small_tree_is_that_of_the_definition()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion root = Commit(world, store, StateVersion.Empty, (1, 1), (2, 2), (3, 3), (4, 4), (5, 5));

        Assert.That(root.Root, Is.EqualTo(ReferenceRoot([(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)])));
        Assert.That(Commit(world, store, StateVersion.Empty).Root, Is.EqualTo(Hash256.Zero));
        Assert.That(Commit(world, store, StateVersion.Empty, (9, 9)).Root, Is.EqualTo(ReferenceRoot([(9, 9)])));
    }

    /// <summary>Random batches of writes and removals against a dictionary and the recursive definition of the root.</summary>
    [FsCheck.NUnit.Property(MaxTest = 60)]
    public bool Any_sequence_of_batches_agrees_with_a_dictionary(byte[][] batches)
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        SortedDictionary<int, int> model = [];
        StateVersion root = StateVersion.Empty;
        foreach (byte[] batch in batches)
        {
            List<(int Key, int Value)> changes = [];
            foreach (byte item in batch)
            {
                // Few keys, so that many changes meet; a quarter of them are removals (value 0).
                (int key, int value) = (item % 32, item % 4 == 0 ? 0 : item);
                changes.RemoveAll(change => change.Key == key);
                changes.Add((key, value));
                model[key] = value;
            }

            root = Commit(world, store, root, [.. changes]);
        }

        (int Key, int Value)[] expected = [.. model.Where(pair => pair.Value != 0).Select(pair => (pair.Key, pair.Value))];
        return root.Root == ReferenceRoot(expected)
            && Enumerable.Range(0, 32).All(key => ReadsAs(world.At(root), key, model.GetValueOrDefault(key)));
    }

    [Test]
    public void Every_old_root_stays_readable()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion first = Commit(world, store, StateVersion.Empty, [.. Enumerable.Range(0, 200).Select(key => (key, 1))]);
        StateVersion second = Commit(world, store, first, [.. Enumerable.Range(0, 100).Select(key => (key, 2))]);
        StateVersion third = Commit(world, store, second, [.. Enumerable.Range(0, 200).Select(key => (key, 0))]);
        WorldState reopened = new(store);

        Assert.That(third.Root, Is.EqualTo(Hash256.Zero));
        Assert.That(ReadsAs(reopened.At(first), 5, 1) && ReadsAs(reopened.At(second), 5, 2) && ReadsAs(reopened.At(second), 150, 1), Is.True);
    }

    [Test]
    public void A_batch_writes_in_proportion_to_its_changes()
    {
        using InMemoryKeyValueStore store = new();
        WorldState world = new(store);
        StateVersion root = Commit(world, store, StateVersion.Empty, [.. Enumerable.Range(0, 10_000).Select(key => (key, 1))]);
        StateOverlay overlay = new(world.At(root));
        overlay.SetRecord(Key(77), [2]);
        WriteBatch batch = new();
        world.Commit(overlay, root, batch);

        Assert.That(batch.Count, Is.InRange(7, 10), "a value, three pages, journal, version, root, last");
    }

    [TestCase("state/p/")]
    [TestCase("state/v/")]
    [TestCase("state/version/")]
    public void A_missing_or_damaged_entry_is_an_exception_not_an_empty_state(string table)
    {
        using InMemoryKeyValueStore store = new();
        StateVersion version = Commit(new WorldState(store), store, StateVersion.Empty, (1, 1));
        (byte[] key, byte[] value) = store.ScanPrefix(System.Text.Encoding.ASCII.GetBytes(table)).Single();
        Assert.That(() => new WorldState(store).At(Hash256.Sha256([1])).GetRecord(Key(1)), Throws.InstanceOf<StateTreeException>());

        foreach (byte[] damaged in new byte[][] { [], [9], [.. value, 0], [9, .. value[1..]] })
        {
            store.Apply(new WriteBatch().Put(key, damaged));
            Assert.That(() => ReadAll(store, version), Throws.InstanceOf<StateTreeException>(), Convert.ToHexString(damaged));
        }

        store.Apply(new WriteBatch().Delete(key));
        Assert.That(() => ReadAll(store, version), Throws.InstanceOf<StateTreeException>());
    }

    internal static StateKey Key(int key) => StateKey.Create("test", "item", BitConverter.GetBytes(key));

    internal static StateVersion Commit(WorldState world, IKeyValueStore store, StateVersion root, params (int Key, int Value)[] changes)
    {
        StateOverlay overlay = new(world.At(root));
        foreach ((int key, int value) in changes)
        {
            overlay.SetRecord(Key(key), value == 0 ? null : BitConverter.GetBytes(value));
        }

        WriteBatch batch = new();
        StateVersion next = world.Commit(overlay, root, batch);
        store.Apply(batch);
        return next;
    }

    private static void ReadAll(IKeyValueStore store, StateVersion version)
    {
        StateSnapshot state = new WorldState(store).At(version);
        state.GetRecord(Key(1));
        state.ProveRecord(Key(1));
    }

    private static bool ReadsAs(StateSnapshot state, int key, int value)
    {
        byte[]? stored = state.GetRecord(Key(key));
        return value == 0 ? stored is null : stored is not null && BitConverter.ToInt32(stored) == value;
    }

    /// <summary>The definition, written independently: split the set of leaves by bits until one or none is left.</summary>
    internal static Hash256 ReferenceRoot((int Key, int Value)[] items)
    {
        List<(string Bits, byte[] Hash)> leaves = [];
        foreach ((int key, int value) in items)
        {
            byte[] path = SHA256.HashData(Key(key).Bytes.Span);
            byte[] valueHash = SHA256.HashData(BitConverter.GetBytes(value));
            string bits = string.Concat(path.Select(part => Convert.ToString(part, 2).PadLeft(8, '0')));
            leaves.Add((bits, SHA256.HashData([0, .. path, .. valueHash])));
        }

        return new Hash256(Node(leaves, 0));

        static byte[] Node(List<(string Bits, byte[] Hash)> leaves, int depth)
        {
            if (leaves.Count < 2)
            {
                return leaves.Count == 0 ? new byte[32] : leaves[0].Hash;
            }

            byte[] left = Node([.. leaves.Where(leaf => leaf.Bits[depth] == '0')], depth + 1);
            byte[] right = Node([.. leaves.Where(leaf => leaf.Bits[depth] == '1')], depth + 1);
            return SHA256.HashData([1, .. left, .. right]);
        }
    }
}
