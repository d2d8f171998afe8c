using System.Security.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.State.Snapshots;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.State.Snapshots;

/// <summary>A state in chunks: each proves by itself that nothing in it is missing, added or changed.</summary>
public sealed class SnapshotTests
{
    private const int Keys = 400;
    private const int ChunkBytes = 900;

    private InMemoryKeyValueStore _store = null!;
    private StateSnapshot _state = null!;
    private SnapshotManifest _manifest = null!;
    private List<SnapshotChunk> _chunks = null!;

    [SetUp]
    public void Export()
    {
        _store = new InMemoryKeyValueStore();
        WorldState world = new(_store);
        StateVersion first = StateTreeTests.Commit(world, _store, StateVersion.Empty, [.. Enumerable.Range(0, Keys + 50).Select(key => (key, key + 1))]);
        StateVersion version = StateTreeTests.Commit(world, _store, first, [.. Enumerable.Range(Keys, 50).Select(key => (key, 0))]);
        _state = world.At(version);
        _manifest = new SnapshotManifest(7, Hash256.Sha256([7]), version.Root);
        _chunks = ExportAll(_state);
    }

    [TearDown]
    public void Close() => _store.Dispose();

    [Test]
    public void Chunks_hold_every_leaf_once_in_order_and_build_the_same_state()
    {
        IEnumerable<Hash256> paths = _chunks.SelectMany(chunk => chunk.Leaves).Select(leaf => leaf.Path);
        Assert.That(paths, Is.EqualTo(Enumerable.Range(0, Keys).Select(key => StateTreeTests.Key(key).Path).Order()));
        Assert.That(_chunks, Has.Count.InRange(15, 25));

        using InMemoryKeyValueStore target = new();
        WorldState world = new(target);
        SnapshotImporter importer = new(target, world, _manifest);
        foreach (SnapshotChunk chunk in _chunks)
        {
            Assert.That(importer.IsComplete, Is.False);
            Assert.That(SnapshotChunk.TryDecode(chunk.Encode(), out SnapshotChunk? decoded).IsValid, Is.True);
            Assert.That(importer.Add(decoded!), Is.EqualTo(ValidationResult.Ok));
        }

        Assert.That(importer.IsComplete, Is.True);
        Assert.That(importer.State.Root, Is.EqualTo(_manifest.StateRoot));
        Assert.That(importer.Add(_chunks[0]).Code, Is.EqualTo(ValidationCode.OutOfRange));
        world.BeginPrune(importer.State);
        while (world.PruneStep(500))
        {
        }

        Assert.That(world.Check(importer.State), Has.Property(nameof(StateCheck.Problem)).Empty.And.Property(nameof(StateCheck.Values)).EqualTo(Keys));
        Assert.That(world.At(importer.State).GetRecord(StateTreeTests.Key(77)), Is.EqualTo(BitConverter.GetBytes(78)));
    }

    [Test]
    public void Each_chunk_is_verified_without_the_others_and_only_against_its_own_root()
    {
        foreach (SnapshotChunk chunk in _chunks)
        {
            Assert.That(SnapshotChunkVerifier.Verify(_state.Root, chunk), Is.EqualTo(ValidationResult.Ok));
            Assert.That(SnapshotChunkVerifier.Verify(Hash256.Sha256([1]), chunk).Code, Is.EqualTo(ValidationCode.WrongStateRoot));
        }
    }

    [Test]
    public void Any_leaf_that_is_changed_omitted_added_or_moved_is_noticed()
    {
        foreach (SnapshotChunk chunk in new[] { _chunks[0], _chunks[5], _chunks[^1] })
        {
            for (int i = 0; i < chunk.Leaves.Count; i++)
            {
                List<SnapshotLeaf> leaves = [.. chunk.Leaves];
                leaves[i] = leaves[i] with { Value = new byte[] { 1, 2, 3 } };
                AssertRefused(chunk with { Leaves = leaves }, $"value {i}");
                leaves = [.. chunk.Leaves];
                leaves.RemoveAt(i);
                AssertRefused(chunk with { Leaves = leaves }, $"omitted {i}");
                leaves = [.. chunk.Leaves];
                leaves.Insert(i + 1, new SnapshotLeaf(Next(leaves[i].Path), new byte[] { 1 }));
                AssertRefused(chunk with { Leaves = leaves }, $"added {i}");
                leaves = [.. chunk.Leaves];
                leaves[i] = leaves[i] with { Path = Next(leaves[i].Path) };
                AssertRefused(chunk with { Leaves = leaves }, $"moved {i}");
                leaves = [.. chunk.Leaves];
                (leaves[i], leaves[0]) = (leaves[0], leaves[i]);
                if (i > 0)
                {
                    AssertRefused(chunk with { Leaves = leaves }, $"swapped {i}");
                    AssertRefused(chunk with { Leaves = [.. chunk.Leaves.Take(i)] }, $"truncated to {i}");
                    AssertRefused(chunk with { Leaves = [.. chunk.Leaves.Skip(i)] }, $"beginning with {i}");
                }
            }
        }
    }

    [Test]
    public void Any_change_of_the_proof_is_noticed()
    {
        SnapshotChunk chunk = _chunks[5];
        (SnapshotEdge left, SnapshotEdge right) = (chunk.Left!, chunk.Right!);
        for (int depth = 0; depth <= 256; depth++)
        {
            if (depth != left.Depth)
            {
                AssertRefused(chunk with { Left = left with { Depth = depth } }, $"left depth {depth}");
            }

            if (depth != right.Depth)
            {
                AssertRefused(chunk with { Right = right with { Depth = depth } }, $"right depth {depth}");
            }
        }

        for (int i = 0; i < left.Siblings.Count; i++)
        {
            AssertRefused(chunk with { Left = left with { Siblings = Replaced(left.Siblings, i) } }, $"left sibling {i}");
        }

        for (int i = 0; i < right.Siblings.Count; i++)
        {
            AssertRefused(chunk with { Right = right with { Siblings = Replaced(right.Siblings, i) } }, $"right sibling {i}");
        }

        AssertRefused(chunk with { Right = null }, "as the last");
        AssertRefused(chunk with { Left = null, Previous = null, PreviousValueHash = default }, "as the first");
        AssertRefused(chunk with { Left = null }, "without edge");
        AssertRefused(chunk with { Previous = null }, "without the leaf before");
        AssertRefused(chunk with { PreviousValueHash = Hash256.Sha256([1]) }, "other leaf before");
        AssertRefused(chunk with { Previous = _chunks[3].Previous }, "another leaf before");
        AssertRefused(chunk with { Leaves = [] }, "empty");
        AssertRefused(chunk with { Left = left with { Depth = -1 } }, "negative depth");
        AssertRefused(chunk with { Left = left with { Depth = 257 } }, "too deep");
        AssertRefused(chunk with { Left = _chunks[6].Left }, "another edge");
    }

    /// <summary>A gap between two chunks that are both right would hide leaves; the leaf before closes it.</summary>
    [Test]
    public void Chunks_are_taken_in_order_only()
    {
        using InMemoryKeyValueStore target = new();
        SnapshotImporter importer = new(target, new WorldState(target), _manifest);
        Assert.That(importer.Add(_chunks[1]).Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(importer.Add(_chunks[0]).IsValid, Is.True);
        Assert.That(importer.Add(_chunks[0]).Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(importer.Add(_chunks[2]).Code, Is.EqualTo(ValidationCode.OutOfRange));
        List<SnapshotLeaf> changed = [.. _chunks[1].Leaves.Skip(1)];
        Assert.That(importer.Add(_chunks[1] with { Leaves = changed }).Code, Is.EqualTo(ValidationCode.WrongStateRoot));
        Assert.That(importer.After, Is.EqualTo(_chunks[0].Leaves[^1].Path));
        Assert.That(importer.Add(_chunks[1]).IsValid, Is.True);
    }

    [Test]
    public void An_import_goes_on_after_a_crash_at_any_batch()
    {
        for (int goodBatches = 0; goodBatches <= _chunks.Count; goodBatches++)
        {
            using InMemoryKeyValueStore disk = new();
            FailingStore failing = new(disk, goodBatches);
            SnapshotImporter first = new(failing, new WorldState(failing), _manifest);
            int added = 0;
            Assert.That(() => AddAll(first, ref added), goodBatches < _chunks.Count ? Throws.InstanceOf<IOException>() : Throws.Nothing);

            SnapshotImporter second = new(disk, new WorldState(disk), _manifest);
            Assert.That(added, Is.EqualTo(goodBatches));
            Assert.That(second.After, Is.EqualTo(added == 0 ? null : _chunks[added - 1].Leaves[^1].Path));
            AddAll(second, ref added);
            Assert.That(second.IsComplete, Is.True);
            Assert.That(second.State.Root, Is.EqualTo(_manifest.StateRoot));
        }
    }

    [Test]
    public void The_parts_of_another_import_are_left_behind()
    {
        using InMemoryKeyValueStore target = new();
        WorldState world = new(target);
        Assert.That(new SnapshotImporter(target, world, _manifest).Add(_chunks[0]).IsValid, Is.True);
        SnapshotImporter other = new(target, world, _manifest with { Height = 8 });
        Assert.That(other.After, Is.Null);
        int added = 0;
        AddAll(other, ref added);
        world.BeginPrune(other.State);
        while (world.PruneStep(100))
        {
        }

        Assert.That(target.ScanPrefix("state/v/"u8).Count(), Is.EqualTo(Keys));
        target.Apply(new WriteBatch().Put("state/import"u8, [1, 2]));
        Assert.That(() => new SnapshotImporter(target, world, _manifest), Throws.InstanceOf<StateTreeException>());
    }

    [Test]
    public void States_of_no_leaf_and_of_one_have_snapshots_too()
    {
        using InMemoryKeyValueStore target = new();
        WorldState world = new(target);
        Assert.That(new SnapshotExporter(world.At(StateVersion.Empty)).Next(null), Is.Null);
        Assert.That(new SnapshotImporter(target, world, _manifest with { StateRoot = Hash256.Zero }).IsComplete, Is.True);

        StateVersion one = StateTreeTests.Commit(world, target, StateVersion.Empty, (1, 1));
        SnapshotChunk chunk = ExportAll(world.At(one)).Single();
        Assert.That((chunk.Left, chunk.Right), Is.EqualTo(((SnapshotEdge?)null, (SnapshotEdge?)null)));
        Assert.That(SnapshotChunkVerifier.Verify(one.Root, chunk).IsValid, Is.True);
    }

    [Test]
    public void The_exporter_answers_only_for_leaves_of_the_state()
    {
        SnapshotExporter exporter = new(_state);
        Assert.That(exporter.Next(StateTreeTests.Key(9_999).Path), Is.Null);
        Assert.That(exporter.Next(_chunks[^1].Leaves[^1].Path), Is.Null);
        Assert.That(() => exporter.Next(null, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => exporter.Next(null, SnapshotChunk.MaxLeafBytes + 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    /// <summary>Chunks of every size from one leaf up, beginning after every leaf.</summary>
    [Test]
    public void Every_run_of_leaves_verifies()
    {
        SnapshotExporter exporter = new(_state);
        Hash256? after = null;
        for (int i = 0; i < Keys; i++)
        {
            SnapshotChunk chunk = exporter.Next(after, 1 + (i * 37 % 2_000))!;
            Assert.That(SnapshotChunkVerifier.Verify(_state.Root, chunk), Is.EqualTo(ValidationResult.Ok), $"leaf {i}");
            after = chunk.Leaves[0].Path;
        }
    }

    [Test]
    public void Chunks_and_manifests_round_trip_and_mutations_never_throw()
    {
        byte[] valid = _chunks[5].Encode();
        byte[] manifest = _manifest.Encode();
        Fuzzer fuzzer = new(3, "chunk");
        for (int i = 0; i < 5_000; i++)
        {
            byte[] mutated = fuzzer.Mutate(valid);
            if (SnapshotChunk.TryDecode(mutated, out SnapshotChunk? chunk).IsValid)
            {
                Assert.That(chunk!.Encode(), Is.EqualTo(mutated));
                Assert.That(SnapshotChunkVerifier.Verify(_state.Root, chunk).IsValid, Is.EqualTo(mutated.AsSpan().SequenceEqual(valid)));
            }

            mutated = fuzzer.Mutate(manifest);
            if (SnapshotManifest.TryDecode(mutated, out SnapshotManifest? other).IsValid)
            {
                Assert.That(other!.Encode(), Is.EqualTo(mutated));
            }
        }

        Assert.That(SnapshotChunk.TryDecode(new byte[SnapshotChunk.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(SnapshotManifest.TryDecode(new byte[SnapshotManifest.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        SnapshotLeaf tooLarge = new(_chunks[0].Leaves[0].Path, new byte[StateOverlay.MaxRecordBytes + 1]);
        Assert.That(SnapshotChunkVerifier.Verify(_state.Root, _chunks[0] with { Leaves = [tooLarge] }).Code, Is.EqualTo(ValidationCode.TooLarge));
    }

    [Test]
    public void The_largest_chunk_fits_the_limit()
    {
        using InMemoryKeyValueStore target = new();
        WorldState world = new(target);
        StateOverlay overlay = new(world.At(StateVersion.Empty));
        for (int key = 0; key < 40; key++)
        {
            overlay.SetRecord(StateTreeTests.Key(key), new byte[key % 2 == 0 ? StateOverlay.MaxRecordBytes : 1_000]);
        }

        WriteBatch batch = new();
        StateVersion version = world.Commit(overlay, StateVersion.Empty, batch);
        target.Apply(batch);
        foreach (SnapshotChunk chunk in ExportAll(world.At(version), SnapshotChunk.MaxLeafBytes))
        {
            Assert.That(chunk.Encode(), Has.Length.LessThanOrEqualTo(SnapshotChunk.MaxEncodedBytes));
        }
    }

    /// <summary>
    /// Paths that share up to 255 bits, which no hash gives: chunks set paths directly. The tree is as deep as it can be, grows and shrinks by
    /// pages at every depth, and its root is that of the definition.
    /// </summary>
    /// <summary>Paths that share all bits but the last make a node a bit; a chunk full of such pairs must not cost memory in proportion.</summary>
    [Test]
    public void A_chunk_of_paths_that_share_nearly_all_bits_is_refused_within_bounded_memory()
    {
        List<SnapshotLeaf> leaves = [];
        for (int pair = 0; pair < 4_000; pair++)
        {
            byte[] path = new byte[Hash256.Size];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(path, pair << 16);
            leaves.Add(new SnapshotLeaf(new Hash256(path), new byte[] { 1 }));
            path[^1] = 1;
            leaves.Add(new SnapshotLeaf(new Hash256(path), new byte[] { 1 }));
        }

        SnapshotChunk chunk = new(leaves, null, Hash256.Zero, null, null);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ValidationResult result = SnapshotChunkVerifier.Verify(Hash256.Sha256([1]), chunk);

        Assert.That(result.Code, Is.EqualTo(ValidationCode.WrongStateRoot));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(24L * 1024 * 1024));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void The_deepest_trees_are_those_of_the_definition(int seed)
    {
        Fuzzer fuzzer = new((ulong)seed, "deep");
        SortedSet<Hash256> paths = [];
        byte[] trunk = StateTreeTests.Key(seed).Path.ToArray();
        for (int bit = 255; bit >= 0; bit -= seed)
        {
            byte[] path = [.. trunk];
            path[bit / 8] ^= (byte)(0x80 >> (bit % 8));
            paths.Add(new Hash256(path));
            path[31] ^= (byte)fuzzer.Next(256);
            paths.Add(new Hash256(path));
        }

        SnapshotLeaf[] leaves = [.. paths.Select(path => new SnapshotLeaf(path, path.ToArray().AsMemory(0, 3)))];
        Hash256 root = new(ReferenceRoot(leaves, 0));
        using InMemoryKeyValueStore target = new();
        WorldState world = new(target);
        SnapshotImporter importer = new(target, world, _manifest with { StateRoot = root });
        Assert.That(importer.Add(new SnapshotChunk(leaves, null, default, null, null)), Is.EqualTo(ValidationResult.Ok));
        Assert.That(world.Check(importer.State), Has.Property(nameof(StateCheck.Problem)).Empty.And.Property(nameof(StateCheck.Values)).EqualTo(leaves.Length));

        List<SnapshotChunk> chunks = ExportAll(world.At(importer.State), 300);
        using InMemoryKeyValueStore second = new();
        SnapshotImporter again = new(second, new WorldState(second), _manifest with { StateRoot = root });
        foreach (SnapshotChunk chunk in chunks)
        {
            Assert.That(SnapshotChunkVerifier.Verify(root, chunk), Is.EqualTo(ValidationResult.Ok));
            Assert.That(again.Add(chunk), Is.EqualTo(ValidationResult.Ok));
        }

        Assert.That(again.State.Root, Is.EqualTo(root));
        Assert.That(world.At(StateVersion.Empty).Diff(world.At(importer.State)).Select(d => d.Path), Is.EqualTo(paths));
    }

    private static byte[] ReferenceRoot(SnapshotLeaf[] leaves, int depth)
    {
        if (leaves.Length < 2)
        {
            return leaves.Length == 0
                ? new byte[32]
                : SHA256.HashData([0, .. leaves[0].Path.ToArray(), .. SHA256.HashData(leaves[0].Value.Span)]);
        }

        ILookup<bool, SnapshotLeaf> sides = leaves.ToLookup(leaf => (leaf.Path.ToArray()[depth / 8] & (0x80 >> (depth % 8))) != 0);
        return SHA256.HashData([1, .. ReferenceRoot([.. sides[false]], depth + 1), .. ReferenceRoot([.. sides[true]], depth + 1)]);
    }

    private void AssertRefused(SnapshotChunk chunk, string what)
    {
        Assert.That(SnapshotChunkVerifier.Verify(_state.Root, chunk).IsValid, Is.False, what);
    }

    private void AddAll(SnapshotImporter importer, ref int added)
    {
        for (; added < _chunks.Count; added++)
        {
            Assert.That(importer.Add(_chunks[added]), Is.EqualTo(ValidationResult.Ok));
        }
    }

    private static List<SnapshotChunk> ExportAll(StateSnapshot state, int maxBytes = ChunkBytes)
    {
        SnapshotExporter exporter = new(state);
        List<SnapshotChunk> chunks = [];
        while (exporter.Next(chunks.Count == 0 ? null : chunks[^1].Leaves[^1].Path, maxBytes) is { } chunk)
        {
            chunks.Add(chunk);
        }

        return chunks;
    }

    private static Hash256[] Replaced(IReadOnlyList<Hash256> hashes, int at)
    {
        Hash256[] replaced = [.. hashes];
        replaced[at] = Hash256.Sha256([(byte)at]);
        return replaced;
    }

    /// <summary>The path after a path.</summary>
    private static Hash256 Next(Hash256 path)
    {
        byte[] bytes = path.ToArray();
        int last = bytes.AsSpan().LastIndexOfAnyExcept((byte)0xFF);
        bytes[last]++;
        return new Hash256(bytes);
    }
}
