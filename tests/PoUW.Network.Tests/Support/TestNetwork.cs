using PoUW.Core.Primitives;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Support;

/// <summary>Nodes of one process on one transport.</summary>
internal sealed class TestNetwork(ITransport transport, TimeProvider time, Func<int, Multiaddr> addressOf) : IAsyncDisposable
{
    private readonly List<TestNode> _nodes = [];

    public static Hash256 Genesis { get; } = Hash256.Sha256("genesis"u8);

    public ITransport Transport => transport;

    public TimeProvider Time => time;

    public static TestNetwork InMemory(TimeProvider? time = null, int pipeBytes = 256 * 1024) => new(
        new InMemoryTransport(new InMemoryNetwork(pipeBytes)), time ?? TimeProvider.System, static number => Multiaddr.Memory($"node-{number}"));

    public static TestNetwork Tcp() =>
        new(new TcpTransport(), TimeProvider.System, static _ => Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"));

    public static PeerId IdOf(byte number) => TestKeys.IdOf(number);

    public async Task<TestNode> AddAsync(
        byte number, NetworkOptions? options = null, IPeerAuthorizer? authorizer = null, Hash256? genesis = null)
    {
        TestNode node = new(this, addressOf(number), number, options, authorizer, genesis);
        node.Listen = await node.Node.ListenAsync(node.Listen);
        _nodes.Add(node);
        return node;
    }

    public async Task<TestNode[]> AddManyAsync(int count, NetworkOptions? options = null)
    {
        List<TestNode> nodes = [];
        for (byte number = 1; number <= count; number++)
        {
            nodes.Add(await AddAsync(number, options));
        }

        return [.. nodes];
    }

    public static async Task ConnectMeshAsync(TestNode[] nodes)
    {
        for (int i = 0; i < nodes.Length; i++)
        {
            for (int j = i + 1; j < nodes.Length; j++)
            {
                await nodes[i].ConnectAsync(nodes[j]);
            }
        }
    }

    public static async Task ConnectLineAsync(TestNode[] nodes)
    {
        for (int i = 1; i < nodes.Length; i++)
        {
            await nodes[i].ConnectAsync(nodes[i - 1]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TestNode node in _nodes)
        {
            await node.DisposeAsync().InTime();
        }
    }
}
