using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Mempool;
using PoUW.Core.Orphans;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Sync;
using PoUW.Network.Transports;

namespace PoUW.Benchmarks.Network;

/// <summary>A chain with pool, node and sync over TCP and TLS on loopback.</summary>
internal sealed class SyncedNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SyncedNode(BlockChain chain, SyncOptions options)
    {
        Chain = chain;
        TransactionPool pool = new(chain, new MempoolOptions());
        chain.Subscribe(pool);
        Node = new NetworkNode(
            new TcpTransport(), chain.Genesis.Id, new NetworkOptions(), TimeProvider.System, new ThreadPoolSpawner(), new CryptographicRandomSource(),
            new OpenPeerAuthorizer(), new NullNetworkObserver());
        Sync = new LedgerSync(
            chain, pool, Node, new OrphanPool<PeerId>(chain, new OrphanPoolOptions(), _ => true, TimeProvider.System), _ => true, options,
            TimeProvider.System, new ThreadPoolSpawner(), Console.Error.WriteLine, _stopping.Token);
        Sync.BlockAccepted += _ => Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    internal BlockChain Chain { get; }

    internal NetworkNode Node { get; }

    internal LedgerSync Sync { get; }

    internal Multiaddr Address { get; private set; } = null!;

    internal static async Task<SyncedNode> StartAsync(BlockChain chain, SyncOptions? options = null)
    {
        SyncedNode node = new(chain, options ?? new SyncOptions());
        node.Address = await node.Node.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"));
        return node;
    }

    internal async Task ConnectAsync(SyncedNode other)
    {
        ConnectResult result = await Node.ConnectAsync(other.Address);
        if (!result.IsConnected)
        {
            throw new InvalidOperationException($"No connection: {result.Reason}");
        }
    }

    /// <summary>Waits until a block is the head.</summary>
    internal async Task ReachAsync(Hash256 id)
    {
        for (Task changed = Volatile.Read(ref _changed).Task; Chain.Head.Id != id; changed = Volatile.Read(ref _changed).Task)
        {
            await changed.WaitAsync(TimeSpan.FromMinutes(2));
        }
    }

    /// <summary>Announces a block that the chain has.</summary>
    internal void Publish(Block block) => Sync.Publish(block);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Node.DisposeAsync();
        await Sync.StopAsync();
        _stopping.Dispose();
    }
}
