using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Mempool;
using PoUW.Core.Orphans;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Network.Gossip;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Sync;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Sync;

/// <summary>A node with a chain, in a virtual world; without a sync it is what a test makes it say.</summary>
internal sealed class SyncPeerNode
{
    /// <summary>Two heartbeats of gossip, in which connected peers tell their topics and make their meshes.</summary>
    public static readonly TimeSpan Meeting = TimeSpan.FromSeconds(2.5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Multiaddr _endpoint;
    private readonly TimeProvider _time;

    private SyncPeerNode(SyncScene scene, string name, BlockChain chain, SyncOptions? options)
    {
        (Chain, _time, _endpoint) = (chain, scene.World.Time, Multiaddr.Memory(name.Replace(' ', '-')));
        Work = new RunningWork(scene.World);
        Pool = new TransactionPool(chain, new MempoolOptions { Time = scene.World.Time });
        chain.Subscribe(Pool);
        Node = new NetworkNode(
            scene.Transport, chain.Genesis.Id, scene.Network, scene.World.Time, scene.World,
            new SeededRandomSource(1, name), new OpenPeerAuthorizer(), Observer);
        if (options is not null)
        {
            Sync = new LedgerSync(
                chain, Pool, Node, new OrphanPool<PeerId>(chain, new OrphanPoolOptions(), _ => true, scene.World.Time), _ => true, options, scene.World.Time,
                Work, Warnings.Add, _stopping.Token);
            Sync.BlockAccepted += _ => Changed();
            Sync.TransactionAdmitted += _ => Changed();
        }
    }

    public BlockChain Chain { get; }

    public TransactionPool Pool { get; }

    public NetworkNode Node { get; }

    public LedgerSync? Sync { get; }

    /// <summary>What the sync has running.</summary>
    public RunningWork Work { get; }

    public List<string> Warnings { get; } = [];

    public RecordingObserver Observer { get; } = new();

    private TaskCompletionSource Change { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A node that syncs.</summary>
    public static async Task<SyncPeerNode> StartAsync(
        SyncScene scene, string name, IEnumerable<Block>? blocks = null, SyncOptions? options = null, IKeyValueStore? store = null, Checkpoint? trusted = null)
    {
        BlockChain chain = SyncChains.Open(scene.World.Time, store, trusted, scene.Parameters);
        SyncChains.ImportAll(chain, blocks ?? []);
        SyncPeerNode node = new(scene, name, chain, options ?? scene.Options);
        await node.Node.ListenAsync(node._endpoint);
        return node;
    }

    /// <summary>A node that has a chain and nothing that speaks for it.</summary>
    public static async Task<SyncPeerNode> StartLiarAsync(SyncScene scene, string name, IEnumerable<Block> blocks)
    {
        BlockChain chain = SyncChains.Open(scene.World.Time, parameters: scene.Parameters);
        SyncChains.ImportAll(chain, blocks);
        SyncPeerNode node = new(scene, name, chain, null);
        await node.Node.ListenAsync(node._endpoint);
        return node;
    }

    public async Task ConnectAsync(params SyncPeerNode[] others)
    {
        ConnectResult[] results = await Task.WhenAll(others.Select(other => Node.ConnectAsync(other._endpoint).AsTask()));
        Assert.That(results.Select(static result => result.Reason), Is.All.EqualTo(CloseReason.None));
        await Task.Delay(Meeting, _time);
    }

    /// <summary>Waits until something holds that changes with accepted blocks and transactions.</summary>
    public async Task UntilAsync(Func<bool> isTrue)
    {
        while (!isTrue())
        {
            await Change.Task;
        }
    }

    public Task ReachAsync(Hash256 head) => UntilAsync(() => Chain.Head.Id == head);

    /// <summary>Answers a protocol from now on.</summary>
    public void Answer(string protocol, Func<ReadOnlyMemory<byte>, byte[]?> answer) =>
        Node.Serve(protocol, (_, request, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(answer(request) is { } bytes ? bytes : null));

    /// <summary>Answers requests for headers as an honest node does, except for what is changed.</summary>
    public void AnswerHeaders(Func<HeadersResponse, HeadersResponse>? change = null) => Answer(SyncProtocols.Headers, message =>
    {
        HeadersRequest request = HeadersRequest.TryDecode(message.Span)!;
        ulong height = request.Locator.Select(id => Chain.GetHeader(id)).First(header => header is not null)!.Height;
        List<Core.Headers.HeaderAnnouncement> headers = [];
        while (headers.Count < request.Count && Chain.GetIdByHeight(++height) is { } id)
        {
            headers.Add(Chain.GetAnnouncement(id, out _)!);
        }

        HeadersResponse honest = new(Chain.Head.Height, 0, headers);
        return (change is null ? honest : change(honest)).Encode();
    });

    /// <summary>Answers requests for bodies, each body changed.</summary>
    public void AnswerBodies(Func<Block, Block> change)
    {
        foreach (string protocol in new[] { SyncProtocols.Bodies, SyncProtocols.Block })
        {
            Answer(protocol, message => BodiesResponse.Encode(
                0, [.. BodiesRequest.TryDecode(message.Span)!.Ids.Take(16).Select(id => change(Chain.GetBlock(id)!).Encode())]));
        }
    }

    /// <summary>Says that there is a block: the header alone if the block is longer than what goes inline.</summary>
    public async Task AnnounceAsync(Block block, int inlineBytes) =>
        await Node.PublishAsync(SyncProtocols.BlockTopic, BlockAnnouncement.Encode(block, inlineBytes));

    /// <summary>Messages of gossip that were accepted, ignored and rejected here.</summary>
    public (long Accepted, long Ignored, long Rejected) Verdicts
    {
        get
        {
            GossipStatistics seen = Node.Gossip.Statistics;
            return (seen.Accepted, seen.Ignored, seen.Rejected);
        }
    }

    public Task WaitForVerdictsAsync(int count) => Node.Gossip.WaitForAsync(
        seen => seen.Statistics.Accepted + seen.Statistics.Ignored + seen.Statistics.Rejected >= count);

    public bool IsBanned(SyncPeerNode peer) =>
        Observer.Events.Items.Any(seen => seen.Kind == NetworkEventKind.PeerBanned && seen.Peer == peer.Node.Id);

    public async Task StopAsync()
    {
        _stopping.Cancel();
        await Node.DisposeAsync();
        if (Sync is not null)
        {
            await Sync.StopAsync();
        }
    }

    public static async Task StopAllAsync(params SyncPeerNode[] nodes)
    {
        foreach (SyncPeerNode node in nodes)
        {
            await node.StopAsync();
        }
    }

    private void Changed()
    {
        TaskCompletionSource change = Change;
        Change = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        change.SetResult();
    }
}
