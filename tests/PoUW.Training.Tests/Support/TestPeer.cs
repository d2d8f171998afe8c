using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Core.Storage;
using PoUW.Network.Chunks;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;
using PoUW.Training.Execution;
using PoUW.Vm.Programs;

namespace PoUW.Training.Tests.Support;

/// <summary>A production network node with a loader.</summary>
internal sealed class TestPeer : IAsyncDisposable
{
    private TestPeer(string name, InMemoryTransport transport, IKeyValueStore store)
    {
        Name = name;
        Store = store;
        Node = new NetworkNode(
            transport, Hash256.Sha256("genesis"u8), new NetworkOptions(), TimeProvider.System, Spawner, new SeededRandomSource(9, name),
            new OpenPeerAuthorizer(), new NullNetworkObserver());
        ChunkExchange exchange = new(Node, new KeyValueChunkStore(store), new InMemoryChunkStore());
        Blobs = new BlobTransfer(exchange);
        Loader = new JobLoader(exchange, Blobs, VmLimits.Default);
    }

    public string Name { get; }

    public IKeyValueStore Store { get; }

    public NetworkNode Node { get; }

    public JobLoader Loader { get; }

    public BlobTransfer Blobs { get; }

    public ThreadPoolSpawner Spawner { get; } = new();

    public static async Task<TestPeer> StartAsync(string name, InMemoryTransport transport, IKeyValueStore? store = null, params TestPeer[] peers)
    {
        TestPeer peer = new(name, transport, store ?? new InMemoryKeyValueStore());
        await peer.Node.ListenAsync(Multiaddr.Memory(name));
        foreach (TestPeer other in peers)
        {
            Assert.That((await peer.Node.ConnectAsync(Multiaddr.Memory(other.Name))).IsConnected, Is.True);
        }

        return peer;
    }

    public ValueTask DisposeAsync() => Node.DisposeAsync();
}
