using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.State;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.State;

/// <summary>
/// A world state and what it must be: every version as a plain map. Keys are few, so that changes meet. Draws everything from a seed.
/// </summary>
internal sealed class StateModel(IKeyValueStore store, ulong seed, int keys)
{
    private readonly SeededRandomSource _random = new(seed, "state model");
    private readonly Dictionary<StateVersion, SortedDictionary<int, int>> _versions = new() { [StateVersion.Empty] = [] };
    private readonly Dictionary<StateVersion, StateVersion> _parents = [];

    internal WorldState World { get; private set; } = new(store);

    internal StateVersion Base { get; private set; }

    internal List<StateVersion> Live { get; } = [StateVersion.Empty];

    internal StateVersion Newest => Live[^1];

    internal int Draw(int below)
    {
        Span<byte> bytes = stackalloc byte[4];
        _random.Fill(bytes);
        return (int)(BitConverter.ToUInt32(bytes) % (uint)below);
    }

    internal StateVersion AnyLive() => Live[Draw(Live.Count)];

    internal IReadOnlyDictionary<int, int> ContentOf(StateVersion version) => _versions[version];

    /// <summary>Opens the store anew, with little memory, much, or none.</summary>
    internal void Reopen()
    {
        long bytes = new long[] { 0, 3_000, 60_000, 1 << 24 }[Draw(4)];
        World = new WorldState(store, new WorldStateOptions { PageCacheBytes = bytes, ValueCacheBytes = bytes });
    }

    /// <summary>Computes an update and forgets it, as a template does.</summary>
    internal void Propose(StateVersion parent) => World.Update(Draw(parent, out _), parent);

    /// <summary>A commit whose batch the store refuses.</summary>
    internal void CommitInVain(StateVersion parent) => World.Commit(Draw(parent, out _), parent, new WriteBatch());

    internal StateVersion Commit(StateVersion parent)
    {
        WriteBatch batch = new();
        StateVersion version = World.Commit(Draw(parent, out SortedDictionary<int, int> content), parent, batch);
        store.Apply(batch);
        _versions.Add(version, content);
        _parents.Add(version, parent);
        Live.Add(version);
        return version;
    }

    internal void BeginPrune(StateVersion keep)
    {
        World.BeginPrune(keep);
        if (keep.Number > Base.Number)
        {
            Base = keep;
            Live.RemoveAll(version => version.Number != 0 && !StandsOn(version, keep));
            Live.Remove(StateVersion.Empty);
        }
    }

    internal IEnumerable<StateVersion> Gone() => _versions.Keys.Where(version => version.Number != 0 && !Live.Contains(version));

    /// <summary>Everything that can be asked about a version.</summary>
    internal void AssertReads(StateVersion version)
    {
        StateSnapshot state = World.At(version);
        SortedDictionary<int, int> content = _versions[version];
        for (int key = 0; key < keys; key++)
        {
            byte[]? stored = state.GetRecord(StateTreeTests.Key(key));
            Assert.That(stored is null ? 0 : BitConverter.ToInt32(stored), Is.EqualTo(content.GetValueOrDefault(key)), $"key {key} of {version}");
        }
    }

    internal void AssertProofs(StateVersion version)
    {
        for (int key = 0; key < keys; key++)
        {
            StateProof proof = World.At(version).ProveRecord(StateTreeTests.Key(key));
            Hash256 path = StateTreeTests.Key(key).Path;
            bool proven = _versions[version].TryGetValue(key, out int value)
                ? StateProofVerifier.VerifyInclusion(version.Root, path, BitConverter.GetBytes(value), proof)
                : StateProofVerifier.VerifyExclusion(version.Root, path, proof);
            Assert.That(proven, Is.True, $"key {key} of {version}");
        }
    }

    internal void AssertDifference(StateVersion first, StateVersion second)
    {
        List<(Hash256, int, int)> expected = [];
        for (int key = 0; key < keys; key++)
        {
            (int old, int fresh) = (_versions[first].GetValueOrDefault(key), _versions[second].GetValueOrDefault(key));
            if (old != fresh)
            {
                expected.Add((StateTreeTests.Key(key).Path, old, fresh));
            }
        }

        expected.Sort();
        IEnumerable<(Hash256, int, int)> found = World.At(first).Diff(World.At(second)).Select(d => (d.Path, Number(d.OldValue), Number(d.NewValue)));
        Assert.That(found, Is.EqualTo(expected));
    }

    private static int Number(ReadOnlyMemory<byte>? value) => value is { } bytes ? BitConverter.ToInt32(bytes.Span) : 0;

    private bool StandsOn(StateVersion version, StateVersion below)
    {
        while (version != below && _parents.TryGetValue(version, out StateVersion parent))
        {
            version = parent;
        }

        return version == below;
    }

    private StateOverlay Draw(StateVersion parent, out SortedDictionary<int, int> content)
    {
        content = new SortedDictionary<int, int>(_versions[parent].ToDictionary());
        StateOverlay overlay = new(World.At(parent));
        bool removing = Draw(4) == 0;
        for (int i = Draw(keys); i >= 0; i--)
        {
            int key = Draw(keys);
            int value = removing || Draw(3) == 0 ? 0 : 1 + Draw(5);
            overlay.SetRecord(StateTreeTests.Key(key), value == 0 ? null : BitConverter.GetBytes(value));
            content.Remove(key);
            if (value != 0)
            {
                content.Add(key, value);
            }
        }

        return overlay;
    }
}
