using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;

namespace PoUW.Network.Tests.Discovery;

/// <summary>Connections without a network: the test says what each address answers.</summary>
internal sealed class ScriptedHost(PeerId id) : IHost
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<PeerId, PeerConnection> _peers = [];
    private readonly List<string> _dialed = [];

    public event Action<PeerConnection>? PeerConnected;

    public event Action<PeerConnection>? PeerDisconnected;

    public event Action<PeerConnection>? PeerUpdated;

    public PeerId Id => id;

    /// <summary>Decides what a dial finds. By default the peer that the address names.</summary>
    public Func<Multiaddr, ConnectResult> Answer { get; set; } = static address => new ConnectResult(CloseReason.None, address.Peer);

    /// <summary>Where a connection to an address leads. By default to the address itself.</summary>
    public Func<Multiaddr, Multiaddr> Resolve { get; set; } = static address => address;

    /// <summary>False if the answers are this node's own refusals: the back-off is told of dials only.</summary>
    public bool IsDialing { get; set; } = true;

    /// <summary>Is told how dials went, as a host tells its own.</summary>
    public required DialBackoff Backoff { get; set; }

    /// <summary>If set, dials wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public IReadOnlyList<Multiaddr> ListenAddresses => [];

    public IReadOnlyList<string> Dialed
    {
        get
        {
            lock (_gate)
            {
                return [.. _dialed];
            }
        }
    }

    public IReadOnlyList<PeerConnection> Peers
    {
        get
        {
            lock (_gate)
            {
                return [.. _peers.Values];
            }
        }
    }

    public async ValueTask<ConnectResult> DialAsync(Multiaddr address, CancellationToken cancellation)
    {
        if (Backoff.WaitBefore(address.Peer, address) > TimeSpan.Zero)
        {
            return new ConnectResult(CloseReason.TooSoon, address.Peer);
        }

        lock (_gate)
        {
            _dialed.Add(address.ToString());
        }

        await Gate;
        ConnectResult result = Answer(address);
        if (IsDialing)
        {
            Backoff.Remember(address, result);
        }

        if (result is { IsConnected: true, Peer: { } peer })
        {
            Connect(peer, Resolve(address), isInbound: false);
        }

        return result;
    }

    public void Connect(PeerId peer, Multiaddr address, bool isInbound, params Multiaddr[] listens)
    {
        PeerConnection connection = new(peer, address, isInbound, "test", [], listens);
        lock (_gate)
        {
            _peers[peer] = connection;
        }

        PeerConnected?.Invoke(connection);
    }

    public void Update(PeerId peer, params Multiaddr[] listens) => PeerUpdated?.Invoke(_peers[peer] with { Addresses = listens });

    public void Disconnect(PeerId peer)
    {
        PeerConnection connection;
        lock (_gate)
        {
            connection = _peers[peer];
            _peers.Remove(peer);
        }

        PeerDisconnected?.Invoke(connection);
    }

    public ValueTask DisconnectAsync(PeerId peer, CloseReason reason)
    {
        Disconnect(peer);
        return ValueTask.CompletedTask;
    }

    public void Handle(string protocol, StreamHandler handler, StreamHandlerOptions? options = null) => throw new NotSupportedException();

    public ValueTask<PeerStream> OpenStreamAsync(
        PeerId peer, IReadOnlyList<string> protocols, StreamPriority priority, CancellationToken cancellation) => throw new NotSupportedException();

    public void Punish(PeerId peer, string detail) => throw new NotSupportedException();
}
