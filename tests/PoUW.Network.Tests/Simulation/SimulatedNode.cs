using System.Net;
using PoUW.Core.Chain;
using PoUW.Core.Mempool;
using PoUW.Core.Orphans;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Network.Discovery;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Sync;
using PoUW.Network.Tests.Sync;

namespace PoUW.Network.Tests.Simulation;

/// <summary>A node with all that a node has: connections, gossip, discovery, a chain and its sync.</summary>
internal sealed class SimulatedNode
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly int _number;
    private readonly SimulatedBlocks _blocks;
    private readonly LedgerSync _sync;
    private readonly PeerDiscovery _discovery;

    /// <param name="network">Where it lives.</param>
    /// <param name="number">Its number among all nodes.</param>
    /// <param name="address">Its IP address.</param>
    /// <param name="bootstrap">Whom it tries first.</param>
    /// <param name="dialed">Connections that it keeps by dialing.</param>
    public SimulatedNode(SimulatedNetwork network, int number, IPAddress address, IReadOnlyList<Multiaddr> bootstrap, int dialed)
    {
        (_number, _blocks, Name, Address) = (number, network.Blocks, $"n{number}", AddressOf(address));
        SeededRandomSource random = new((ulong)network.Seed, Name);
        Chain = SyncChains.Open(network.World.Time);
        TransactionPool pool = new(Chain, new MempoolOptions { Time = network.World.Time });
        Chain.Subscribe(pool);
        Key = IdentityKey.Generate(random);
        Node = new NetworkNode(
            network.World.Trace.Watch(network.Model.AddHost(Name, address)), Chain.Genesis.Id, SimulatedNetwork.Options, network.World.Time, network.World, random,
            new OpenPeerAuthorizer(), new NullNetworkObserver(), Key);
        _sync = new LedgerSync(
            Chain, pool, Node, new OrphanPool<PeerId>(Chain, new OrphanPoolOptions(), static _ => true, network.World.Time), static _ => true,
            new SyncOptions(), network.World.Time, network.World, static _ => { }, _stopping.Token);
        _discovery = new PeerDiscovery(new PeerDiscoverySetup
        {
            Host = Node.Host,
            Dial = Node.Host.DialWhenDueAsync,
            Backoff = Node.Host.Guards.Dials,
            Book = new AddressBook(new AddressBookOptions(), network.World.Time, random),
            Store = new InMemoryKeyValueStore(),
            Verifier = IdentityVerifier.CreateInBox(),
            Options = new PeerDiscoveryOptions { Bootstrap = bootstrap, LowWater = dialed, HighWater = dialed },
            Time = network.World.Time,
            Spawner = network.World,
        });
    }

    public string Name { get; }

    /// <summary>Where it listens.</summary>
    public Multiaddr Address { get; }

    public IdentityKey Key { get; }

    public BlockChain Chain { get; }

    public NetworkNode Node { get; }

    public static Multiaddr AddressOf(IPAddress address) => Multiaddr.Tcp(new IPEndPoint(address, 4001));

    public ValueTask<Multiaddr> ListenAsync() => Node.ListenAsync(Address);

    /// <summary>Begins to look for peers.</summary>
    public void Discover() => _discovery.Start();

    /// <summary>Makes the next block and announces it.</summary>
    public void Produce() => _sync.Publish(_blocks.Next(Chain, _number));

    public async Task StopAsync()
    {
        _stopping.Cancel();
        await _discovery.DisposeAsync();
        await Node.DisposeAsync();
        await _sync.StopAsync();
        Key.Dispose();
    }
}
