using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Mempool;
using PoUW.Core.Orphans;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Network.Gossip;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Sync;
using PoUW.Network.Transports;

namespace PoUW.Sdk.Tests.Nodes;

/// <summary>How many certificates a relay verifies for a peer: few that nobody asked for, all that were asked for.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CertificateRationTests
{
    private static readonly NetworkParameters Parameters = NetworkParameters.Development;

    private readonly CountingVerifier _verifier = new();
    private readonly CancellationTokenSource _stopping = new();
    private BlockChain _chain = null!;
    private BlockChain _source = null!;
    private NetworkNode _node = null!;
    private NetworkNode _peer = null!;
    private LedgerSync _relay = null!;

    [SetUp]
    public async Task ConnectAsync()
    {
        InMemoryTransport transport = new(new InMemoryNetwork());
        (_chain, _source) = (Open(_verifier), Open(new CountingVerifier { IsGood = true }));
        (_node, _peer) = (Node(transport, "node"), Node(transport, "peer"));
        CertificateBudget<PeerId> budget = new(new CertificateBudgetOptions(), new StoppedClock());
        _relay = new LedgerSync(
            _chain, new TransactionPool(_chain, new MempoolOptions()), _node,
            new OrphanPool<PeerId>(_chain, new OrphanPoolOptions(), budget.TryTake, TimeProvider.System), budget.TryTake,
            new SyncOptions { PollInterval = TimeSpan.Zero, MaxAnnouncedBlocksPerPeer = 64 }, TimeProvider.System, new ThreadPoolSpawner(), _ => { }, _stopping.Token);
        await _node.ListenAsync(Multiaddr.Memory("node"));
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _stopping.CancelAsync();
        await _peer.DisposeAsync();
        await _node.DisposeAsync();
        await _relay.StopAsync();
        _stopping.Dispose();
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Of_the_certificates_that_nobody_asked_for_a_peer_gets_three_verified(CancellationToken cancellation)
    {
        await ConnectAsync(cancellation);
        for (ulong i = 1; i <= 20; i++)
        {
            await _peer.PublishAsync(SyncProtocols.BlockTopic, Announce(Block(_source, i)));
        }

        // Blocks beyond the ration have no verdict yet: they wait to be shown by their sender.
        await _verifier.WaitForAsync(claims: 20, witnesses: 3).WaitAsync(cancellation);

        Assert.That(_verifier.Claims, Is.EqualTo(20), "all of them pass the cheap checks");
        Assert.That(_verifier.Witnesses, Is.EqualTo(3));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task What_fails_a_cheap_check_costs_no_ration(CancellationToken cancellation)
    {
        await ConnectAsync(cancellation);
        for (ulong i = 1; i <= 20; i++)
        {
            Block block = Block(_source, i);
            await _peer.PublishAsync(SyncProtocols.BlockTopic, Announce(block with { Header = block.Header with { Height = 7 } }));
        }

        await _peer.PublishAsync(SyncProtocols.BlockTopic, Announce(Block(_source, 1)));
        await WaitForEndAsync(21, cancellation);
        Assert.That(_verifier.Claims, Is.EqualTo(1));
        Assert.That(_verifier.Witnesses, Is.EqualTo(1));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Gossip_without_witness_counts_against_its_sender_and_costs_no_ration(CancellationToken cancellation)
    {
        await ConnectAsync(cancellation);
        for (ulong i = 1; i <= 5; i++)
        {
            Block block = Block(_source, i);
            await _peer.PublishAsync(
                SyncProtocols.BlockTopic, Announce(block with { Certificate = block.Certificate with { Witness = default } }));
        }

        await WaitForEndAsync(5, cancellation);
        Assert.That(_verifier.Witnesses, Is.Zero);
        Assert.That(_node.Statistics.GossipRejected, Is.EqualTo(5));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Blocks_that_were_asked_for_are_all_verified(CancellationToken cancellation)
    {
        _verifier.IsGood = true;
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _relay.BlockAccepted += block => _ = block.Header.Height == 30 && reached.TrySetResult();
        List<HeaderAnnouncement> headers = [];
        for (int height = 1; height <= 30; height++)
        {
            Block block = Block(_source, 1);
            Assert.That(_source.Import(block).ToString(), Is.EqualTo("Ok"));
            headers.Add(new HeaderAnnouncement(block.SignedHeader, block.Certificate.PublicData));
        }

        _peer.Serve(SyncProtocols.Headers, (_, message, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(
            new HeadersResponse(30, 0, HeadersRequest.TryDecode(message.Span)!.Locator[0] == _source.Genesis.Id ? headers : []).Encode()));
        _peer.Serve(SyncProtocols.Bodies, (_, message, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(BodiesResponse.Encode(
            0, [.. BodiesRequest.TryDecode(message.Span)!.Ids.Select(id => _source.GetBlock(id)!.Encode())])));
        await ConnectAsync(cancellation);
        await reached.Task.WaitAsync(cancellation);
        Assert.That(_verifier.Witnesses, Is.EqualTo(30));
    }

    /// <summary>Nobody answers requests here, so the blocks that came too early are imported only if they were kept.</summary>
    [Test]
    [CancelAfter(20_000)]
    public async Task Gossiped_blocks_wait_for_their_parent(CancellationToken cancellation)
    {
        _verifier.IsGood = true;
        System.Collections.Concurrent.ConcurrentQueue<ulong> accepted = new();
        _relay.BlockAccepted += block => accepted.Enqueue(block.Header.Height);
        List<Block> blocks = [];
        for (int height = 1; height <= 3; height++)
        {
            blocks.Add(Block(_source, 1));
            Assert.That(_source.Import(blocks[^1]).ToString(), Is.EqualTo("Ok"));
        }

        await ConnectAsync(cancellation);
        foreach (Block block in Enumerable.Reverse(blocks))
        {
            await _peer.PublishAsync(SyncProtocols.BlockTopic, Announce(block));
        }

        await WaitForEndAsync(3, cancellation);
        // Told in any order: several are judged at once.
        Assert.That(accepted, Is.EquivalentTo(new ulong[] { 1, 2, 3 }));
        Assert.That(_chain.Head.Id, Is.EqualTo(blocks[2].Id));
        Assert.That(_node.Statistics.GossipRejected, Is.Zero);
    }

    private static byte[] Announce(Block block) => BlockAnnouncement.Encode(block, new SyncOptions().InlineBlockBytes);

    /// <summary>Connects, and waits until the peer knows that the node listens to blocks.</summary>
    private async Task ConnectAsync(CancellationToken cancellation)
    {
        await _peer.ConnectAsync(Multiaddr.Memory("node"), cancellation);
        await _peer.Gossip.WaitForAsync(static now => now.Peers.Any(static peer => peer.Topics.Contains(SyncProtocols.BlockTopic)), cancellation);
    }

    /// <summary>Waits until the node has judged so many messages; those of one peer on one topic are handled in order of arrival.</summary>
    private Task WaitForEndAsync(long messages, CancellationToken cancellation) =>
        _node.Gossip.WaitForAsync(now => now.Statistics.Accepted + now.Statistics.Rejected + now.Statistics.Ignored >= messages, cancellation);

    private static Block Block(BlockChain chain, ulong offset)
    {
        ulong time = chain.Head.Header.TimestampMs + offset;
        return chain.Propose(TestNetwork.Key("peer").Address, [], time).Complete(new WorkCertificate(new byte[] { 1 }, new byte[] { 2 }), TestNetwork.Key("peer"));
    }

    private static BlockChain Open(IWorkVerifier verifier) => new(new BlockChainOptions
    {
        Store = new InMemoryKeyValueStore(),
        Parameters = Parameters,
        WorkVerifier = verifier,
        Difficulty = new AsertDifficulty(Parameters),
    });

    /// <summary>Here a peer may send as many bad messages as a test needs: neither banned nor graylisted.</summary>
    private static NetworkOptions Lenient => new()
    {
        Host = new HostOptions { FaultsBeforeBan = 1_000 },
        Gossip = new GossipOptions { Scoring = new GossipScoring { GossipThreshold = -1e7, PublishThreshold = -1e8, GraylistThreshold = -1e9 } },
    };

    private NetworkNode Node(InMemoryTransport transport, string name) => new(
        transport, _source.Genesis.Id, Lenient, TimeProvider.System, new ThreadPoolSpawner(),
        new SeededRandomSource(1, name), new OpenPeerAuthorizer(), new SilentObserver());

    private sealed class CountingVerifier : IWorkVerifier
    {
        private readonly Lock _gate = new();
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private (int Claims, int Witnesses) _wanted = (int.MaxValue, int.MaxValue);
        private int _claims;
        private int _witnesses;

        public bool IsGood { get; set; }

        public int Claims => Volatile.Read(ref _claims);

        public int Witnesses => Volatile.Read(ref _witnesses);

        /// <summary>Ends when at least so many were seen; for one caller.</summary>
        public Task WaitForAsync(int claims, int witnesses)
        {
            lock (_gate)
            {
                _wanted = (claims, witnesses);
                Look();
            }

            return _reached.Task;
        }

        public ValidationResult VerifyPublicData(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket)
        {
            Count(ref _claims);
            ticket = header.ParentHash;
            return ValidationResult.Ok;
        }

        public ValidationResult Verify(BlockHeader header, WorkCertificate certificate, out Hash256 ticket)
        {
            Count(ref _witnesses);
            ticket = header.ParentHash;
            return IsGood ? ValidationResult.Ok : ValidationResult.Fail(ValidationCode.BadOpening, "Witness", "Bad.");
        }

        private void Count(ref int counter)
        {
            lock (_gate)
            {
                counter++;
                Look();
            }
        }

        private void Look()
        {
            if (_claims >= _wanted.Claims && _witnesses >= _wanted.Witnesses)
            {
                _reached.TrySetResult();
            }
        }
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }

    private sealed class SilentObserver : INetworkObserver
    {
        public void Observe(NetworkEvent observation)
        {
        }
    }
}
