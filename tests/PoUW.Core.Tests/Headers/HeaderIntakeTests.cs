using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Primitives;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Headers;

public sealed class HeaderIntakeTests
{
    private TestNet _net = null!;
    private BlockChain _chain = null!;
    private HeaderIntake<string> _intake = null!;

    [SetUp]
    public void Open()
    {
        _net = new TestNet();
        _chain = _net.Open();
        _net.Grow(_chain, 3);
        _intake = new HeaderIntake<string>(_chain, new HeaderIntakeOptions(), _net.Time);
    }

    [TearDown]
    public void Close() => _net.Dispose();

    /// <summary>
    /// Every forged header passes all cheap rules, so it costs its maker sixteen hash trials. Half of them make one chain, half are
    /// siblings; a peer gets 64 of them in, and none earns work.
    /// </summary>
    [Test]
    public void Ten_thousand_forged_headers_earn_no_work_and_take_the_places_of_one_peer()
    {
        BigInteger work = _chain.TotalWork;
        (BlockHeader Header, byte[] PublicData)[] forged = [.. Forge(5_000, chained: true), .. Forge(5_000, chained: false, seed: 2)];
        Dictionary<ValidationCode, int> codes = [];
        foreach ((BlockHeader header, byte[] publicData) in forged)
        {
            ValidationCode code = _intake.TryAdd("forger", header, publicData).Code;
            codes[code] = codes.GetValueOrDefault(code) + 1;
            Assert.That(_intake.Count, Is.LessThanOrEqualTo(64));
        }

        Assert.That(codes, Is.EqualTo(new Dictionary<ValidationCode, int> { [ValidationCode.Ok] = 64, [ValidationCode.TooManyUnverified] = 9_936 }));
        Assert.That(_intake.VerifiedWork(forged[63].Header.Id), Is.EqualTo(work));
        Assert.That(_intake.VerifiedWork(forged[64].Header.Id), Is.Null);
        Assert.That(_chain.TotalWork, Is.EqualTo(work));
        Assert.That(_chain.GetPosition(forged[0].Header.Id), Is.Null);

        Block honest = _net.Next(_chain);
        Assert.That(_intake.TryAdd("honest", honest.Header, honest.Certificate.PublicData).ToString(), Is.EqualTo("Ok"));
        Assert.That(_chain.Import(honest).IsValid, Is.True);
        _intake.Promote(honest.Id);
        Assert.That(_intake.VerifiedWork(honest.Id), Is.EqualTo(work + 16));
        Assert.That(_intake.CountOf("honest"), Is.Zero);
    }

    [Test]
    public void Places_are_bounded_over_all_peers_and_an_old_peer_makes_room()
    {
        _intake = new HeaderIntake<string>(_chain, new HeaderIntakeOptions { MaxPeers = 3, MaxHeadersPerPeer = 5 }, _net.Time);
        (BlockHeader Header, byte[] PublicData)[] forged = [.. Forge(200, chained: false)];
        foreach (((BlockHeader header, byte[] publicData), int i) in forged.Select((item, i) => (item, i)))
        {
            ValidationCode code = _intake.TryAdd($"peer {i / 20}", header, publicData).Code;
            Assert.That(code, Is.EqualTo(i < 60 && i % 20 < 5 ? ValidationCode.Ok : ValidationCode.TooManyUnverified), $"{i}");
        }

        Assert.That(_intake.Count, Is.EqualTo(15));
        Block late = _net.Next(_chain);
        Assert.That(_intake.TryAdd("late", late.Header, late.Certificate.PublicData).Field, Is.EqualTo("Peer"));
        _intake.Forget("peer 1");
        Assert.That(_intake.Count, Is.EqualTo(10));
        Assert.That(_intake.TryAdd("late", late.Header, late.Certificate.PublicData).IsValid, Is.True);
    }

    [Test]
    public void Headers_whose_blocks_never_come_are_forgotten()
    {
        (BlockHeader Header, byte[] PublicData)[] forged = [.. Forge(66, chained: true)];
        foreach ((BlockHeader header, byte[] publicData) in forged[..64])
        {
            Assert.That(_intake.TryAdd("silent", header, publicData).IsValid, Is.True);
        }

        _net.Time.Now += TimeSpan.FromMinutes(5);
        Assert.That(_intake.TryAdd("silent", forged[64].Header, forged[64].PublicData).Code, Is.EqualTo(ValidationCode.TooManyUnverified));
        _net.Time.Now += TimeSpan.FromTicks(1);
        Assert.That(_intake.TryAdd("silent", forged[0].Header, forged[0].PublicData).IsValid, Is.True);
        Assert.That(_intake.Count, Is.EqualTo(1));
    }

    public static IEnumerable<TestCaseData> WrongHeaders()
    {
        yield return Case(ValidationCode.WrongVersion, header => header with { Version = 2 });
        yield return Case(ValidationCode.WrongChain, header => header with { ChainId = 5 });
        yield return Case(ValidationCode.UnknownParent, header => header with { ParentHash = Hash256.Sha256([1]) });
        yield return Case(ValidationCode.WrongHeight, header => header with { Height = header.Height + 1 });
        yield return Case(ValidationCode.BadTimestamp, header => header with { TimestampMs = header.TimestampMs - 4_000 });
        yield return Case(ValidationCode.BadTimestamp, header => header with { TimestampMs = header.TimestampMs + 100_000_000 });
        yield return Case(ValidationCode.WrongBits, header => header with { Bits = 3 });

        static TestCaseData Case(ValidationCode code, Func<BlockHeader, BlockHeader> change) => new TestCaseData(code, change).SetArgDisplayNames(code.ToString());
    }

    [TestCaseSource(nameof(WrongHeaders))]
    public void A_header_that_breaks_a_cheap_rule_takes_no_place(ValidationCode code, Func<BlockHeader, BlockHeader> change)
    {
        Block wrong = TestNet.Mine(change(_net.Next(_chain).Header), []);

        Assert.That(_intake.TryAdd("peer", wrong.Header, wrong.Certificate.PublicData).Code, Is.EqualTo(code));
        Assert.That(_intake.Count, Is.Zero);
        Assert.That(_intake.CountOf("peer"), Is.Zero);
    }

    [Test]
    public void Public_data_must_be_the_committed_and_win()
    {
        Block block = _net.Next(_chain);
        byte[] losing = [.. Enumerable.Range(0, 256).Select(i => new[] { (byte)i })
            .First(data => !new NonceWork().VerifyPublicData(block.Header, data, out _).IsValid)];
        BlockHeader lost = block.Header with { CertificateCommitment = BlockHeader.CommitTo(losing) };

        Assert.That(_intake.TryAdd("peer", block.Header, new byte[] { 1 }).Code, Is.EqualTo(ValidationCode.WrongCertificateCommitment));
        Assert.That(_intake.TryAdd("peer", lost, losing).Code, Is.EqualTo(ValidationCode.TicketAboveTarget));
        Assert.That(_intake.TryAdd("peer", block.Header, new byte[Block.MaxPublicDataBytes + 1]).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(_intake.Count, Is.Zero);
    }

    [Test]
    public void A_known_header_is_told_apart()
    {
        Block block = _net.Next(_chain);
        Assert.That(_intake.TryAdd("a", block.Header, block.Certificate.PublicData).IsValid, Is.True);
        Assert.That(_intake.TryAdd("a", block.Header, block.Certificate.PublicData).Code, Is.EqualTo(ValidationCode.AlreadyKnown));
        Assert.That(_intake.TryAdd("b", block.Header, block.Certificate.PublicData).IsValid, Is.True);
        Assert.That(_intake.Count, Is.EqualTo(1), "one header of two peers");
        BlockHeader head = _chain.Head.Header;
        Assert.That(_intake.TryAdd("a", head, _chain.GetBlock(head.Id)!.Certificate.PublicData).Code, Is.EqualTo(ValidationCode.AlreadyKnown));
    }

    [Test]
    public void A_bad_witness_costs_its_sender_what_it_sent_on_top_and_nobody_else_anything()
    {
        (BlockHeader Header, byte[] PublicData)[] branch = [.. Forge(6, chained: true)];
        Add("liar", branch);
        Add("other", branch[..3]);

        Assert.That(_intake.Discard("liar", branch[1].Header.Id), Is.EqualTo(new HeaderFault<string>("liar", 5)));
        Assert.That(_intake.HeadersOf("liar"), Is.EqualTo(new[] { branch[0].Header }));
        Assert.That(_intake.HeadersOf("other"), Is.EqualTo(branch[..3].Select(item => item.Header)));
        Assert.That(_intake.Count, Is.EqualTo(3));
        Assert.That(_intake.Discard("liar", branch[1].Header.Id).Headers, Is.Zero);

        // The id is not condemned: its sender may offer it again, from the place on where it left off.
        Add("liar", branch[1..2]);
        Assert.That(_intake.TryAdd("liar", branch[3].Header, branch[3].PublicData).Code, Is.EqualTo(ValidationCode.UnknownParent));
    }

    /// <summary>What a peer sent must not hang in the air when another peer's headers go.</summary>
    [Test]
    public void A_peer_builds_only_on_the_chain_and_on_its_own_headers()
    {
        (BlockHeader Header, byte[] PublicData)[] branch = [.. Forge(4, chained: true)];
        Add("a", branch);

        Assert.That(_intake.TryAdd("b", branch[2].Header, branch[2].PublicData).Code, Is.EqualTo(ValidationCode.UnknownParent), "known header");
        _intake.Discard("a", branch[3].Header.Id);
        Assert.That(_intake.TryAdd("b", branch[3].Header, branch[3].PublicData).Code, Is.EqualTo(ValidationCode.UnknownParent), "new header");
        Add("b", branch[..2]);
        _intake.Forget("a");
        Add("b", branch[2..]);
        Assert.That(_intake.Count, Is.EqualTo(4));
    }

    [Test]
    public void An_imported_block_leaves_and_its_descendants_stay()
    {
        BlockChain source = _net.Open();
        Copy(_chain, source);
        List<Block> blocks = _net.Grow(source, 3);
        Add("a", [.. blocks.Select(block => (block.Header, block.Certificate.PublicData.ToArray()))]);
        _intake.Promote(blocks[0].Id);
        Assert.That(_intake.Count, Is.EqualTo(3), "the chain does not have it yet");
        Assert.That(_chain.Import(blocks[0]).IsValid, Is.True);
        _intake.Promote(blocks[0].Id);

        Assert.That(_intake.HeadersOf("a"), Is.EqualTo(new[] { blocks[1].Header, blocks[2].Header }));
        Assert.That(_intake.VerifiedWork(blocks[2].Id), Is.EqualTo(_chain.TotalWork));
    }

    [Test]
    public void A_condemned_block_takes_along_all_that_was_built_on_it()
    {
        (BlockHeader Header, byte[] PublicData)[] branch = [.. Forge(5, chained: true)];
        Add("a", branch);
        Add("b", branch[..4]);

        Assert.That(_intake.Condemn(branch[1].Header.Id), Is.EqualTo(4));
        Assert.That(_intake.HeadersOf("b"), Is.EqualTo(new[] { branch[0].Header }));
        Assert.That(_intake.Condemn(branch[1].Header.Id), Is.Zero);
    }

    [Test]
    public void Headers_on_a_branch_that_forks_below_the_finalized_checkpoint_are_refused()
    {
        using Finality.FinalityNet net = new();
        BlockChain chain = net.Open();
        net.Grow(chain, 14, [0, 1, 2]);
        BlockChain fork = net.Copy(chain, 2);
        Block block = net.Net.Next(fork, offsetMs: 10);
        HeaderIntake<string> intake = new(chain, new HeaderIntakeOptions(), net.Net.Time);

        Assert.That(intake.TryAdd("a", block.Header, block.Certificate.PublicData).Code, Is.EqualTo(ValidationCode.BelowFinalized));
    }

    [Test]
    public void Headers_on_an_invalid_block_are_refused()
    {
        Block invalid = TestNet.Mine(_net.Next(_chain).Header with { StateRoot = Hash256.Sha256([1]) }, []);
        Block child = TestNet.Mine(
            invalid.Header with { Height = invalid.Header.Height + 1, ParentHash = invalid.Id, TimestampMs = invalid.Header.TimestampMs + 1 }, []);
        Assert.That(_chain.Import(invalid).Code, Is.EqualTo(ValidationCode.WrongStateRoot));

        Assert.That(_intake.TryAdd("a", child.Header, child.Certificate.PublicData).Code, Is.EqualTo(ValidationCode.InvalidAncestor));
    }

    [Test]
    public void Limits_must_be_positive()
    {
        HeaderIntakeOptions[] wrong =
            [new() { MaxHeadersPerPeer = 0 }, new() { MaxPeers = 0 }, new() { MaxAge = TimeSpan.Zero }];
        foreach (HeaderIntakeOptions options in wrong)
        {
            Assert.That(() => new HeaderIntake<string>(_chain, options, _net.Time), Throws.TypeOf<ArgumentOutOfRangeException>());
        }
    }

    /// <summary>Random calls of random peers: the counts always fit together, and no call throws.</summary>
    [Test]
    public void Random_calls_keep_the_counts_consistent()
    {
        (BlockHeader Header, byte[] PublicData)[] pool = [.. Forge(12, chained: true), .. Forge(12, chained: false), .. Forge(12, chained: true, seed: 2)];
        _intake = new HeaderIntake<string>(_chain, new HeaderIntakeOptions { MaxHeadersPerPeer = 8, MaxPeers = 3, MaxAge = TimeSpan.FromSeconds(5) }, _net.Time);
        Fuzzer random = new(11, "intake");
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string peer = $"{random.Next(5)}";
            (BlockHeader header, byte[] publicData) = pool[random.Next(pool.Length)];
            switch (random.Next(100))
            {
                case 0: _intake.Discard(peer, header.Id); break;
                case 1: _intake.Condemn(header.Id); break;
                case 2: _intake.Forget(peer); break;
                case 3: _net.Time.Now += TimeSpan.FromMilliseconds(random.Next(2_000)); break;
                default: accepted += _intake.TryAdd(peer, header, publicData).IsValid ? 1 : 0; break;
            }

            string[] peers = [.. Enumerable.Range(0, 5).Select(name => $"{name}")];
            Hash256[] ids = [.. peers.SelectMany(_intake.HeadersOf).Select(kept => kept.Id).Distinct()];
            Assert.That(_intake.Count, Is.EqualTo(ids.Length));
            Assert.That(peers.Max(_intake.CountOf), Is.LessThanOrEqualTo(8));
            Assert.That(peers.Count(name => _intake.CountOf(name) > 0), Is.LessThanOrEqualTo(3));
        }

        Assert.That(accepted, Is.GreaterThan(1_000));
    }

    private void Add(string peer, (BlockHeader Header, byte[] PublicData)[] headers)
    {
        foreach ((BlockHeader header, byte[] publicData) in headers)
        {
            Assert.That(_intake.TryAdd(peer, header, publicData).ToString(), Is.EqualTo("Ok"));
        }
    }

    private static void Copy(BlockChain from, BlockChain to)
    {
        for (ulong height = 1; height <= from.Head.Height; height++)
        {
            Assert.That(to.Import(from.GetBlockByHeight(height)!).IsValid, Is.True);
        }
    }

    /// <summary>Headers with winning public data and nothing behind them: no witness, no state, no transactions.</summary>
    private IEnumerable<(BlockHeader Header, byte[] PublicData)> Forge(int count, bool chained, byte seed = 1)
    {
        BlockHeader parent = _chain.Head.Header;
        for (int i = 0; i < count; i++)
        {
            BlockHeader header = parent with
            {
                Height = parent.Height + 1,
                ParentHash = parent.Id,
                TimestampMs = parent.TimestampMs + 10,
                Bits = parent.TimestampMs % 10 == 7 ? 7u : 4u,
                Nonce = (ulong)i,
                StateRoot = Hash256.Sha256([seed]),
                CertificateCommitment = default,
            };
            WorkCertificate certificate = NonceWork.Mine(header);
            header = header with { CertificateCommitment = BlockHeader.CommitTo(certificate.PublicData.Span) };
            yield return (header, certificate.PublicData.ToArray());
            parent = chained ? header : parent;
        }
    }
}
