using PoUW.Core.Archive;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Finality;
using PoUW.Core.Tests.Storage;

namespace PoUW.Core.Tests.Archive;

public sealed class ChainRebuildTests
{
    private FinalityNet _net = null!;
    private InMemoryKeyValueStore _store = null!;
    private InMemoryKeyValueStore _fresh = null!;
    private BlockChain _chain = null!;
    private BlockChainOptions _target = null!;

    [SetUp]
    public void Grow()
    {
        _net = new FinalityNet();
        _store = new InMemoryKeyValueStore();
        _fresh = new InMemoryKeyValueStore();
        _chain = _net.Open(_store, options => options with { KeptWitnesses = 1 });
        _net.Grow(_chain, 14, [0, 1, 2]);
        _net.Open(new InMemoryKeyValueStore(), options => _target = options);
        _target = _target with { Store = _fresh };
    }

    [TearDown]
    public void Close()
    {
        _store.Dispose();
        _fresh.Dispose();
        _net.Dispose();
    }

    [Test]
    public void A_sound_store_gives_its_whole_chain_and_all_else()
    {
        _store.Apply(new WriteBatch().Put("voter/last"u8, [1, 2]).Put("a"u8, [3]).Put("zz"u8, [4]).Put("stat"u8, [5]));
        RebuildReport report = ChainRebuild.Run(_store, _target, new RebuildOptions());

        Assert.That((report.HeadId, report.Salvaged, report.Trusted, report.KnownFinal), Is.EqualTo((_chain.Head.Id, 14ul, (Checkpoint?)null, (Checkpoint?)_chain.Finalized)));
        Assert.That(report.Stop, Does.Contain("height 15"));
        Assert.That(report.KnownHeight, Is.EqualTo(14));
        Assert.That((report.CopiedPairs, report.LostRanges.Count), Is.EqualTo((4ul, 0)));
        Assert.That(_fresh.Get("stat"u8), Is.EqualTo(new byte[] { 5 }));
        AssertSound(14);
    }

    [Test]
    public void The_chain_is_rebuilt_up_to_the_first_gap_and_a_segment_gives_the_rest()
    {
        using TemporaryFolder folder = new();
        string segment = folder.File("chain.segment");
        using (FileStream file = File.Create(segment))
        {
            Assert.That(ChainExport.WriteTo(file, _chain, 3, 14).IsValid, Is.True);
        }

        Hash256 lost = _chain.GetIdByHeight(6)!.Value;
        DamagedStore damaged = new(_store, key => key.AsSpan().EndsWith(lost.ToArray()));
        RebuildReport report = ChainRebuild.Run(damaged, _target, new RebuildOptions());
        Assert.That((report.HeadHeight, report.Salvaged, report.Stop), Is.EqualTo((5ul, 5ul, "The page is damaged.")));
        AssertSound(5);

        using InMemoryKeyValueStore again = new();
        report = ChainRebuild.Run(damaged, _target with { Store = again }, new RebuildOptions { Segments = [segment] });
        Assert.That((report.HeadId, report.Segments.Single()), Is.EqualTo((_chain.Head.Id, new ChainImportResult(Validation.ValidationResult.Ok, 9, 3, null))));
    }

    [Test]
    public void Blocks_without_witness_are_taken_on_the_word_of_the_finalized_checkpoint()
    {
        Assert.That(_chain.PruneWitnesses(100), Is.EqualTo(7));
        RebuildReport report = ChainRebuild.Run(_store, _target, new RebuildOptions());

        Assert.That(report.Trusted, Is.EqualTo(new Checkpoint(6, _chain.GetIdByHeight(6)!.Value)));
        AssertSound(14);
    }

    [TestCase(5ul, 4ul)]
    [TestCase(7ul, 6ul)]
    public void A_gap_below_finality_leaves_the_proven_part(ulong gap, ulong taken)
    {
        _chain.PruneWitnesses(100);
        byte[] key = [.. "chain/block/"u8, .. _chain.GetIdByHeight(gap)!.Value.ToArray()];
        RebuildReport report = ChainRebuild.Run(new DamagedStore(_store, other => other.AsSpan().SequenceEqual(key)), _target, new RebuildOptions());

        Assert.That((report.HeadHeight, report.Trusted?.Height, report.KnownFinal), Is.EqualTo((taken, (ulong?)taken, (Checkpoint?)_chain.Finalized)));
        AssertSound(taken);
    }

    [Test]
    public void Without_a_way_down_from_finality_no_block_without_witness_is_taken()
    {
        _chain.PruneWitnesses(100);
        byte[] entry = [.. "chain/entry/"u8, .. _chain.GetIdByHeight(7)!.Value.ToArray()];
        foreach (byte[] bad in new[] { entry, "chain/head"u8.ToArray() })
        {
            using InMemoryKeyValueStore fresh = new();
            RebuildReport report = ChainRebuild.Run(
                new DamagedStore(_store, key => key.AsSpan().SequenceEqual(bad)), _target with { Store = fresh }, new RebuildOptions());
            Assert.That((report.HeadHeight, report.Trusted), Is.EqualTo((0ul, (Checkpoint?)null)));
            Assert.That(report.Stop, Does.Contain("MissingWitness"));
        }

        // The operator's own checkpoint does as well.
        Checkpoint trusted = new(7, _chain.GetIdByHeight(7)!.Value);
        using InMemoryKeyValueStore last = new();
        BlockChainOptions options = _target with { Store = last, TrustedCheckpoint = trusted };
        Assert.That(ChainRebuild.Run(new DamagedStore(_store, key => key.AsSpan().SequenceEqual(entry)), options, new RebuildOptions()).HeadHeight, Is.EqualTo(14));
    }

    /// <summary>A page of an older moment can hold a branch that lost; its blocks chain up, but nothing leads down to them.</summary>
    [Test]
    public void An_older_index_does_not_make_a_losing_branch_trusted()
    {
        _chain.PruneWitnesses(100);
        BlockChain rival = _net.Open();
        _net.Net.Grow(rival, 1, offsetMs: 10);
        Block(rival, 1, out byte[] id, out byte[] encoded);
        _store.Apply(new WriteBatch().Put([.. "chain/height/"u8, 0, 0, 0, 0, 0, 0, 0, 1], id).Put([.. "chain/block/"u8, .. id], encoded));
        RebuildReport report = ChainRebuild.Run(_store, _target, new RebuildOptions());
        Assert.That((report.HeadHeight, report.Trusted), Is.EqualTo((0ul, (Checkpoint?)null)));
    }

    [Test]
    public void A_store_that_does_not_open_gives_an_empty_chain_and_says_what_is_lost()
    {
        RebuildOptions options = new() { Marks = made => [new("mark"u8.ToArray(), [(byte)(9 + made.HeadHeight)])] };
        RebuildReport report = ChainRebuild.Run(null, _target, options);
        Assert.That((report.HeadHeight, report.LostRanges.Single()), Is.EqualTo((0ul, "all keys")));
        Assert.That(_fresh.Get("mark"u8), Is.EqualTo(new byte[] { 9 }));
    }

    [Test]
    public void Pairs_around_a_damaged_place_are_copied()
    {
        List<byte[]> keys = [];
        Fuzzer random = new(3, "pairs");
        for (int i = 0; i < 600; i++)
        {
            byte[] key = [.. i % 3 == 0 ? "journal/"u8 : "x/"u8, .. Enumerable.Range(0, 24).Select(_ => (byte)random.Next(256))];
            keys.Add(key);
            _store.Apply(new WriteBatch().Put(key, [(byte)(i & 0xFF)]));
        }

        keys.Sort((left, right) => left.AsSpan().SequenceCompareTo(right));
        HashSet<string> bad = [.. keys[100..103].Concat(keys[400..420]).Select(Convert.ToHexString), Convert.ToHexString("voter/last"u8)];
        _store.Apply(new WriteBatch().Put("voter/last"u8, [1]));
        DamagedStore damaged = new(_store, key => bad.Contains(Convert.ToHexString(key)));
        RebuildReport report = ChainRebuild.Run(damaged, _target, new RebuildOptions { KnownPrefixes = ["journal/", "voter/"] });

        Assert.That(report.CopiedPairs, Is.EqualTo(600 - 23));
        Assert.That(report.LostRanges.Count(range => range.StartsWith("voter/", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(keys.Count(key => _fresh.Get(key) is not null), Is.EqualTo(600 - 23));
        Assert.That(_fresh.Get("voter/last"u8), Is.Null);
    }

    [Test]
    public void The_numbers_of_notifications_go_on()
    {
        _chain.Notifications.Open("host").Dispose();
        _net.Grow(_chain, 2, []);
        ChainRebuild.Run(_store, _target, new RebuildOptions());
        BlockChain rebuilt = _net.Open(_fresh);
        using Core.Notifications.ChainSubscription host = rebuilt.Notifications.Open("host");
        _net.Grow(rebuilt, 1, []);
        Assert.That((host.IsNew, host.TryRead()!.Sequence), Is.EqualTo((true, 3ul)));
    }

    [Test]
    public void Only_an_empty_store_is_filled()
    {
        _fresh.Apply(new WriteBatch().Put("a"u8, [1]));
        Assert.That(() => ChainRebuild.Run(_store, _target, new RebuildOptions()), Throws.InstanceOf<ChainException>());
    }

    private void AssertSound(ulong height)
    {
        Assert.That(IntegrityCheck.Run(_fresh, _target.Parameters.MaxBlockBytes, _chain.Genesis.Id).Findings, Is.Empty);
        BlockChain reopened = _net.Open(_fresh);
        Assert.That(reopened.Head.Id, Is.EqualTo(_chain.GetIdByHeight(height)!.Value));
        Assert.That(reopened.HeadState.Root, Is.EqualTo(_chain.GetBlockByHeight(height)!.Header.StateRoot));
    }

    private static void Block(BlockChain chain, ulong height, out byte[] id, out byte[] encoded)
    {
        Core.Blocks.Block block = chain.GetBlockByHeight(height)!;
        (id, encoded) = (block.Id.ToArray(), block.EncodeWithoutWitness());
    }
}
