using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Orphans;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Tests.Mempool;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Orphans;

public sealed class OrphanPoolTests
{
    private TestNet _net = null!;
    private BlockChain _chain = null!;
    private OrphanPool<string> _pool = null!;

    [SetUp]
    public void Open()
    {
        _net = new TestNet();
        _chain = _net.Open();
        _pool = Pool(new OrphanPoolOptions());
    }

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void Blocks_in_reverse_order_are_all_imported_when_the_first_comes()
    {
        _pool = Pool(new OrphanPoolOptions { MaxBlocksPerSource = 200 });
        List<Block> blocks = _net.Grow(_net.Open(), 120);
        foreach (Block block in Enumerable.Reverse(blocks[1..]))
        {
            OrphanImport<string> waiting = _pool.Import("peer", block);
            Assert.That((waiting.Result.Code, waiting.IsKept), Is.EqualTo((ValidationCode.UnknownParent, true)));
        }

        OrphanImport<string> first = _pool.Import("other", blocks[0]);
        Assert.That(first.Result.IsValid, Is.True);
        Assert.That(first.Adopted.Select(orphan => orphan.Block.Id), Is.EqualTo(blocks[1..].Select(block => block.Id)));
        Assert.That(first.Adopted.Select(orphan => (orphan.Source, orphan.Result.IsValid)), Is.All.EqualTo(("peer", true)));
        Assert.That(_chain.Head.Height, Is.EqualTo(120));
        Assert.That(_pool.Status, Is.EqualTo(new OrphanPoolStatus(0, 0, 0, 119, 119, 0, 0, 0)));
    }

    [Test]
    public void A_parent_that_came_another_way_is_connected_on_request()
    {
        List<Block> blocks = _net.Grow(_net.Open(), 3);
        _pool.Import("peer", blocks[2]);
        _pool.Import("peer", blocks[1]);
        Assert.That(_pool.Connect(blocks[0].Id), Is.Empty, "the chain does not have it");
        Assert.That(_chain.Import(blocks[0]).IsValid, Is.True);
        Assert.That(_pool.Connect(blocks[0].Id), Has.Count.EqualTo(2));
        Assert.That(_chain.Head.Id, Is.EqualTo(blocks[2].Id));
    }

    /// <summary>A flood of real work from one source takes that source's places, and of the common ones those of whoever holds most.</summary>
    [Test]
    public void A_flood_makes_room_for_others_not_the_other_way_round()
    {
        _pool = Pool(new OrphanPoolOptions { MaxBlocks = 10, MaxBlocksPerSource = 6 });
        Block[] flood = [.. Forge(40)];
        foreach (Block block in flood[..20])
        {
            Assert.That(_pool.Import("flooder", block).IsKept, Is.True);
        }

        Assert.That(_pool.CountOf("flooder"), Is.EqualTo(6));
        for (int i = 0; i < 3; i++)
        {
            Assert.That(_pool.Import("honest", flood[20 + i]).IsKept, Is.True);
            Assert.That(_pool.Import("second", flood[23 + i]).IsKept, Is.True);
        }

        Assert.That((_pool.CountOf("flooder"), _pool.CountOf("honest"), _pool.CountOf("second")), Is.EqualTo((4, 3, 3)));
        foreach (Block block in flood[26..])
        {
            _pool.Import("flooder", block);
        }

        Assert.That((_pool.CountOf("flooder"), _pool.CountOf("honest"), _pool.CountOf("second")), Is.EqualTo((4, 3, 3)));
        Assert.That(_pool.Status.Blocks, Is.EqualTo(10));
    }

    /// <summary>Who holds many small blocks must not keep out who brings one that is larger than all of them.</summary>
    [Test]
    public void Many_small_blocks_make_room_for_a_large_one_of_somebody_else()
    {
        _pool = Pool(new OrphanPoolOptions { MaxBlocks = 6, MaxBlocksPerSource = 3 });
        Block[] flood = [.. Forge(8)];
        for (int i = 0; i < 6; i++)
        {
            Assert.That(_pool.Import(i < 3 ? "first" : "second", flood[i]).IsKept, Is.True);
        }

        Block large = flood[6] with { Certificate = flood[6].Certificate with { Witness = new byte[20_000] } };
        Assert.That(_pool.Import("honest", large).IsKept, Is.True);
        Assert.That((_pool.CountOf("first"), _pool.CountOf("second"), _pool.CountOf("honest")), Is.EqualTo((2, 3, 1)));
        Assert.That(_pool.Import("first", flood[7]).IsKept, Is.True);
        Assert.That((_pool.CountOf("first"), _pool.CountOf("second"), _pool.CountOf("honest")), Is.EqualTo((3, 2, 1)).Or.EqualTo((2, 3, 1)));
    }

    [Test]
    public void Bytes_are_bounded_like_blocks()
    {
        Block[] blocks = [.. Forge(12)];
        int bytes = blocks.Max(block => block.Encode().Length);
        _pool = Pool(new OrphanPoolOptions { MaxBytes = 6 * bytes, MaxBytesPerSource = 4 * bytes });
        foreach (Block block in blocks)
        {
            _pool.Import("a", block);
            Assert.That(_pool.Status.Bytes, Is.LessThanOrEqualTo(4 * bytes));
        }

        _pool.Import("b", blocks[0]);
        _pool.Import("c", blocks[1]);
        _pool.Import("d", blocks[2]);
        Assert.That(_pool.Status.Bytes, Is.LessThanOrEqualTo(6 * bytes));
        Assert.That((_pool.CountOf("b"), _pool.CountOf("c"), _pool.CountOf("d")), Is.EqualTo((1, 1, 1)));
        OrphanPool<string> tiny = Pool(new OrphanPoolOptions { MaxBytes = 100 });
        Assert.That(tiny.Import("a", blocks[0]).IsKept, Is.False);
        Assert.That(tiny.Status.Refused, Is.EqualTo(1));
    }

    [Test]
    public void What_waits_too_long_goes()
    {
        List<Block> blocks = _net.Grow(_net.Open(), 3);
        _pool.Import("a", blocks[1]);
        _net.Time.Now += TimeSpan.FromSeconds(40);
        _pool.Import("a", blocks[2]);
        _net.Time.Now += TimeSpan.FromSeconds(21);
        Assert.That(_pool.Import("a", blocks[0]).Adopted, Is.Empty);
        Assert.That(_pool.Status.Expired, Is.EqualTo(1));
        Assert.That(_pool.CountOf("a"), Is.EqualTo(1));
        Assert.That(_pool.Import("a", blocks[1]).Adopted.Single().Block.Id, Is.EqualTo(blocks[2].Id));
    }

    [Test]
    public void What_is_wrong_without_knowing_the_parent_is_not_kept_and_counts_against_its_sender()
    {
        Block good = Forge(1).Single();
        (Block Block, ValidationCode Code)[] wrong =
        [
            (TestNet.Mine(good.Header with { Version = 2 }, []), ValidationCode.WrongVersion),
            (TestNet.Mine(good.Header with { ChainId = 5 }, []), ValidationCode.WrongChain),
            (good with { Certificate = good.Certificate with { PublicData = new byte[] { 1 } } }, ValidationCode.WrongCertificateCommitment),
            (Lost(good), ValidationCode.TicketAboveTarget),
            (good with { Transactions = [_net.Pay(_net.Alice, 0, 1)] }, ValidationCode.WrongTransactionRoot),
            (good with { Certificate = good.Certificate with { Witness = new byte[Block.MaxWitnessBytes + 1] } }, ValidationCode.TooLarge),
        ];
        foreach ((Block block, ValidationCode code) in wrong)
        {
            OrphanImport<string> import = _pool.Import("a", block);
            Assert.That((import.Result.Code, import.IsKept), Is.EqualTo((code, false)));
            Assert.That(import.Result.Verdict, Is.EqualTo(GossipVerdict.Reject));
        }

        Assert.That(_pool.Status.Blocks, Is.Zero);
        Assert.That(_pool.Import("a", good).IsKept, Is.True);
    }

    [Test]
    public void What_cannot_be_judged_without_its_parent_but_is_worth_nothing_is_not_kept_either()
    {
        DepthFinality finality = new(2);
        using TestNet net = new(null, [finality]);
        BlockChain chain = net.Open(new InMemoryKeyValueStore(), options => options with { Finality = finality });
        net.Grow(chain, 4);
        ulong offset = (17 - ((chain.Head.Header.TimestampMs + 1_000) % 10)) % 10;
        net.Grow(chain, 1, offset);
        net.Grow(chain, 1);
        Assert.That(chain.Head.Header.Bits, Is.EqualTo(7));
        OrphanPool<string> pool = new(chain, new OrphanPoolOptions(), _ => true, net.Time);
        BlockHeader header = chain.Head.Header with { ParentHash = Hash256.Sha256([7]), Height = 9 };
        Block Made(BlockHeader made) => TestNet.Mine(made, []);

        Assert.That(pool.Import("a", Made(header)).IsKept, Is.True);
        Assert.That(pool.Import("a", Made(header with { Bits = 3 })).IsKept, Is.True, "a sixteenth of the head's work");
        OrphanImport<string>[] refused =
        [
            pool.Import("a", Made(header with { Bits = 2 })),
            pool.Import("a", Made(header with { Height = 4 })),
            pool.Import("a", Made(header with { Height = 6 + 1025 })),
            pool.Import("a", Made(header with { Height = ulong.MaxValue })),
            pool.Import("a", Made(header with { Nonce = 3 }) with { Certificate = Made(header with { Nonce = 3 }).Certificate with { Witness = default } }),
        ];
        Assert.That(refused.Select(import => (import.IsKept, import.Result.Verdict)), Is.All.EqualTo((false, GossipVerdict.Ignore)));
        Assert.That(pool.Status.Refused, Is.EqualTo(5));
    }

    /// <summary>Seal and witness are outside the id, so whoever is first with a bad one must not keep the good one out.</summary>
    [Test]
    public void A_bad_witness_that_waits_first_does_not_keep_the_good_one_out()
    {
        List<Block> blocks = _net.Grow(_net.Open(), 3);
        Block poisoned = blocks[1] with { Certificate = blocks[1].Certificate with { Witness = new byte[32] } };
        Assert.That(_pool.Import("liar", poisoned).IsKept, Is.True);
        Assert.That(_pool.Import("honest", blocks[1]).IsKept, Is.True);
        Assert.That(_pool.Import("honest", blocks[2]).IsKept, Is.True);

        IReadOnlyList<AdoptedOrphan<string>> adopted = _pool.Import("x", blocks[0]).Adopted;
        Assert.That(adopted.Select(orphan => (orphan.Source, orphan.Result.Code)), Is.EqualTo(new[]
        {
            ("liar", ValidationCode.BadOpening), ("honest", ValidationCode.Ok), ("honest", ValidationCode.Ok),
        }));
        Assert.That(_chain.Head.Id, Is.EqualTo(blocks[2].Id));
    }

    [Test]
    public void What_waits_for_an_invalid_block_goes_with_it()
    {
        BlockChain source = _net.Open();
        Block first = _net.Grow(source, 1)[0];
        Block bad = TestNet.Mine(_net.Next(source).Header with { StateRoot = Hash256.Sha256([1]) }, []);
        Block onBad = TestNet.Mine(bad.Header with { Height = 3, ParentHash = bad.Id, TimestampMs = bad.Header.TimestampMs + 1_000 }, []);
        Block onOnBad = TestNet.Mine(bad.Header with { Height = 4, ParentHash = onBad.Id, TimestampMs = bad.Header.TimestampMs + 2_000 }, []);
        _pool.Import("a", onOnBad);
        _pool.Import("a", onBad);
        _pool.Import("b", bad);

        IReadOnlyList<AdoptedOrphan<string>> adopted = _pool.Import("c", first).Adopted;
        Assert.That(adopted.Select(orphan => orphan.Result.Code), Is.EqualTo(new[]
        {
            ValidationCode.WrongStateRoot, ValidationCode.InvalidAncestor, ValidationCode.InvalidAncestor,
        }));
        Assert.That(_pool.Status.Blocks, Is.Zero);
    }

    [Test]
    public void Blocks_that_waited_need_a_ration_of_their_source_too()
    {
        List<string> asked = [];
        OrphanPool<string> pool = new(
            _chain,
            new OrphanPoolOptions(),
            source =>
            {
                asked.Add(source);
                return source != "poor";
            },
            _net.Time);
        List<Block> blocks = _net.Grow(_net.Open(), 2);
        pool.Import("poor", blocks[1]);
        Assert.That(asked, Is.Empty);
        AdoptedOrphan<string> adopted = pool.Import("rich", blocks[0]).Adopted.Single();
        Assert.That(adopted.Result.Code, Is.EqualTo(ValidationCode.RateLimited));
        Assert.That(asked, Is.EqualTo(new[] { "rich", "poor" }));
    }

    [Test]
    public void A_source_that_is_gone_leaves_nothing()
    {
        Block[] blocks = [.. Forge(4)];
        foreach (Block block in blocks)
        {
            _pool.Import("a", block);
            _pool.Import("b", block);
            Assert.That(_pool.Import("a", block).IsKept, Is.True, "known and kept");
        }

        _pool.Forget("a");
        Assert.That((_pool.CountOf("a"), _pool.CountOf("b"), _pool.Status.Sources), Is.EqualTo((0, 4, 1)));
    }

    [Test]
    public void Threads_that_bring_blocks_in_any_order_leave_none_behind()
    {
        List<Block> blocks = _net.Grow(_net.Open(), 30);
        Parallel.For(0, 4, thread =>
        {
            Fuzzer random = new((ulong)thread, "order");
            foreach (Block block in blocks.OrderBy(_ => random.Next(1_000)))
            {
                _pool.Import($"peer {thread}", block);
            }
        });

        Assert.That(_chain.Head.Height, Is.EqualTo(30));
    }

    [Test]
    public void What_happens_is_measured()
    {
        using MetricCollector metrics = new("orphans");
        OrphanPool<string> pool = Pool(new OrphanPoolOptions { Node = "orphans", MaxBlocksPerSource = 2 });
        List<Block> blocks = _net.Grow(_net.Open(), 4);
        for (int i = 3; i > 0; i--)
        {
            pool.Import("a", blocks[i]);
        }

        pool.Import("b", blocks[3] with { Transactions = [_net.Pay(_net.Alice, 0, 1)] });
        Assert.That(metrics["pouw.orphans.count"], Is.EqualTo(2));
        Assert.That(metrics["pouw.orphans.bytes"], Is.EqualTo(pool.Status.Bytes).And.Positive);
        pool.Import("b", blocks[0]);
        string[] events = ["kept", "evicted", "refused", "adopted", "expired"];
        Assert.That(events.Select(name => metrics[$"pouw.orphans.events event={name}"]), Is.EqualTo(new[] { 3, 1, 1, 2, 0 }));
        Assert.That(metrics["pouw.orphans.count"], Is.Zero);
    }

    [Test]
    public void Limits_must_be_positive()
    {
        OrphanPoolOptions[] wrong =
        [
            new() { MaxBlocks = 0 }, new() { MaxBytes = 0 }, new() { MaxBlocksPerSource = 0 }, new() { MaxBytesPerSource = 0 },
            new() { MaxAge = TimeSpan.Zero },
        ];
        foreach (OrphanPoolOptions options in wrong)
        {
            Assert.That(() => Pool(options), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }

    private OrphanPool<string> Pool(OrphanPoolOptions options) => new(_chain, options, _ => true, _net.Time);

    /// <summary>Blocks with work of their own on parents that nobody has.</summary>
    private IEnumerable<Block> Forge(int count)
    {
        BlockHeader header = _net.Next(_chain).Header;
        for (int i = 0; i < count; i++)
        {
            yield return TestNet.Mine(header with { ParentHash = Hash256.Sha256([(byte)i, 1]), Nonce = (ulong)i }, []);
        }
    }

    private static Block Lost(Block block)
    {
        BlockHeader header = block.Header with { CertificateCommitment = default };
        byte[] losing = Enumerable.Range(0, 256).Select(i => new[] { (byte)i }).First(data => !new NonceWork().VerifyPublicData(header, data, out _).IsValid);
        return new BlockTemplate(header, []).Complete(new WorkCertificate(losing, new byte[32]), TestNet.MinerKey);
    }
}
