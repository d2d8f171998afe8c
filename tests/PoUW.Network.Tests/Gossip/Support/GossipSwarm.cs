using System.Net;
using System.Security.Cryptography;
using PoUW.Core.Randomness;
using PoUW.Network.Gossip;
using PoUW.Network.Guards;
using PoUW.Network.Identity;

namespace PoUW.Network.Tests.Gossip.Support;

/// <summary>
/// Many routers over links with latency, in virtual time, on one thread. Streams are reliable, so loss shows as delay. Everything follows from
/// the seed; the trace is a hash over all that was carried.
/// </summary>
internal sealed class GossipSwarm
{
    public const string Topic = "blocks";

    private readonly PriorityQueue<Action, (TimeSpan Due, long Sequence)> _events = new();
    private readonly Dictionary<(int From, int To), TimeSpan> _lastArrival = [];
    private readonly SortedDictionary<(int A, int B), TimeSpan> _links = [];
    private readonly IncrementalHash _trace = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Random _random;
    private readonly GossipOptions _options;
    private readonly ulong _seed;
    private long _sequence;

    public GossipSwarm(int count, int degree, ulong seed, GossipOptions? options = null)
    {
        (_seed, _options) = (seed, options ?? new GossipOptions());
        _random = new Random((int)seed);
        Nodes = [.. Enumerable.Range(0, count).Select(number => new SwarmNode { Number = number })];
        foreach (SwarmNode node in Nodes)
        {
            Start(node.Number);
        }

        for (int i = 1; i < count; i++)
        {
            // A chain keeps the graph whole, the rest is random.
            Connect(i, _random.Next(i));
            for (int k = 0; k < (degree / 2) - 1; k++)
            {
                Connect(i, _random.Next(count));
            }
        }
    }

    public IReadOnlyList<SwarmNode> Nodes { get; }

    public RouterClock Clock { get; } = new();

    public TimeSpan LossDelay { get; set; } = TimeSpan.Zero;

    public double LossRate { get; set; }

    /// <summary>Bytes carried so far.</summary>
    public long Bytes { get; private set; }

    public string Trace => Convert.ToHexString(_trace.GetCurrentHash());

    public IEnumerable<(int A, int B)> Links => _links.Keys;

    /// <summary>What a node tells its peers differs from what its router says: for attackers. Null drops the RPC.</summary>
    public Func<int, int, GossipRpc, GossipRpc?>? Tamper { get; set; }

    public void Start(int number)
    {
        SwarmNode node = Nodes.Count > number ? Nodes[number] : throw new ArgumentOutOfRangeException(nameof(number));
        node.Router = new GossipRouter(GossipIds.Peer(number), _options, Clock, new SeededRandomSource(_seed, $"{number}/{node.Life++}"), new MessageBudget(new MessageBudgetOptions(), Clock));
        node.Router.Subscribe(Topic, new GossipTopicOptions());
        int life = node.Life;
        Schedule(TimeSpan.FromMilliseconds(100 + _random.Next(900)), () => Beat(node, life));
    }

    /// <summary>A crash: all its links end.</summary>
    public void Stop(int number)
    {
        foreach ((int a, int b) in Links.Where(link => link.A == number || link.B == number).ToArray())
        {
            Disconnect(a, b);
        }

        Nodes[number].Life++;
    }

    public void Connect(int dialer, int other, TimeSpan? latency = null)
    {
        if (dialer == other || !_links.TryAdd(Key(dialer, other), latency ?? TimeSpan.FromMilliseconds(5 + _random.Next(80))))
        {
            return;
        }

        Nodes[dialer].Router.AddPeer(GossipIds.Peer(other), GossipVersion.V12, isOutbound: true, AddressOf(other));
        Nodes[other].Router.AddPeer(GossipIds.Peer(dialer), GossipVersion.V12, isOutbound: false, AddressOf(dialer));
        Flush(Nodes[dialer]);
        Flush(Nodes[other]);
    }

    public void Disconnect(int a, int b)
    {
        if (_links.Remove(Key(a, b)))
        {
            Nodes[a].Router.RemovePeer(GossipIds.Peer(b));
            Nodes[b].Router.RemovePeer(GossipIds.Peer(a));
            Flush(Nodes[a]);
            Flush(Nodes[b]);
        }
    }

    public void Publish(int number, int message, int length = 64)
    {
        SwarmNode node = Nodes[number];
        GossipMessage content = GossipIds.Message(Topic, message, length);
        node.Deliveries[message] = node.Deliveries.GetValueOrDefault(message) + 1;
        node.Router.Publish(content);
        Flush(node);
    }

    public void Run(TimeSpan time)
    {
        TimeSpan end = Clock.Now + time;
        while (_events.TryPeek(out _, out (TimeSpan Due, long) next) && next.Due <= end)
        {
            Action step = _events.Dequeue();
            Clock.Now = next.Due;
            step();
        }

        Clock.Now = end;
    }

    private static (int A, int B) Key(int a, int b) => (Math.Min(a, b), Math.Max(a, b));

    private static IPAddress AddressOf(int number) => new([10, 0, (byte)(number / 200), (byte)(1 + (number % 200))]);

    private static int NumberOf(PeerId peer) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(peer.Bytes[2..]);

    private void Schedule(TimeSpan delay, Action step) => _events.Enqueue(step, (Clock.Now + delay, _sequence++));

    private void Beat(SwarmNode node, int life)
    {
        if (node.Life == life)
        {
            node.Router.OnHeartbeat();
            Flush(node);
            Schedule(_options.Heartbeat, () => Beat(node, life));
        }
    }

    private void Flush(SwarmNode node)
    {
        RouterOutput output = node.Router.TakeOutput();
        foreach ((PeerId peer, RpcBuilder rpc) in output.Rpcs)
        {
            Carry(node.Number, NumberOf(peer), rpc.ToRpc());
        }

        foreach (PendingMessage pending in output.Pending)
        {
            int message = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(pending.Message.Data.Span);
            node.Deliveries[message] = node.Deliveries.GetValueOrDefault(message) + 1;
            int life = node.Life;
            Schedule(TimeSpan.FromMilliseconds(1), () =>
            {
                if (node.Life == life)
                {
                    node.Router.Judge(pending.Id, node.Judge(message));
                    Flush(node);
                }
            });
        }
    }

    private void Carry(int from, int to, GossipRpc said)
    {
        GossipRpc? rpc = Tamper is null ? said : Tamper(from, to, said);
        if (rpc is null || rpc.IsEmpty || !_links.TryGetValue(Key(from, to), out TimeSpan latency))
        {
            return;
        }

        byte[] encoded = GossipRpcCodec.Encode(rpc);
        Bytes += encoded.Length;
        TimeSpan delay = latency + TimeSpan.FromMilliseconds(_random.Next(5));
        if (LossRate > 0 && _random.NextDouble() < LossRate)
        {
            delay += LossDelay;
        }

        TimeSpan arrival = Clock.Now + delay;
        if (_lastArrival.TryGetValue((from, to), out TimeSpan last) && last > arrival)
        {
            arrival = last;
        }

        _lastArrival[(from, to)] = arrival;
        (int fromLife, int toLife) = (Nodes[from].Life, Nodes[to].Life);
        Schedule(arrival - Clock.Now, () =>
        {
            if (_links.ContainsKey(Key(from, to)) && Nodes[from].Life == fromLife && Nodes[to].Life == toLife)
            {
                Arrive(from, to, encoded);
            }
        });
    }

    private void Arrive(int from, int to, byte[] encoded)
    {
        _trace.AppendData(BitConverter.GetBytes(Clock.Now.Ticks));
        _trace.AppendData(BitConverter.GetBytes(from));
        _trace.AppendData(BitConverter.GetBytes(to));
        _trace.AppendData(encoded);
        Assert.That(GossipRpcCodec.TryDecode(encoded, _options.Limits, out GossipRpc? rpc).IsValid, Is.True);
        if (Nodes[to].Router.Admits(GossipIds.Peer(from), encoded.Length))
        {
            Nodes[to].Router.Receive(GossipIds.Peer(from), rpc!);
        }

        Flush(Nodes[to]);
    }
}
