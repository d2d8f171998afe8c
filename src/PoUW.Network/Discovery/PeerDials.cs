using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Discovery;

/// <summary>
/// The dials of discovery: whom, how many at once, and what their outcome says about an address. Any thread; each dial has a task of its own.
/// </summary>
/// <param name="setup">What discovery is made of.</param>
/// <param name="wake">Called when a dial has ended that another one may follow.</param>
/// <param name="stop">Ends the dials.</param>
internal sealed class PeerDials(PeerDiscoverySetup setup, Action wake, CancellationToken stop)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(PeerId? Peer, Multiaddr? Nameless), Task> _dials = [];
    private readonly DialedSubnets _subnets = new(setup.Options.MaxDialedPerSubnet);
    private readonly DialedConnections _connections = new(setup);

    private PeerDiscoveryOptions Options => setup.Options;

    /// <summary>Dials whom it may.</summary>
    /// <param name="peers">The connections that there are.</param>
    /// <param name="missing">How many more are wanted.</param>
    /// <returns>False if there were fewer peers to dial than places for them.</returns>
    public bool Start(IReadOnlyList<PeerConnection> peers, int missing)
    {
        HashSet<PeerId> connected = [.. peers.Select(static peer => peer.Id)];
        HashSet<Multiaddr> reached = [.. peers.Select(static peer => peer.RemoteAddress.WithoutPeer())];
        lock (_gate)
        {
            int room = Math.Min(missing, Options.MaxConcurrentDials) - _dials.Count;
            foreach (Multiaddr address in Options.Bootstrap.Where(address => address.Peer is null && !reached.Contains(address) && IsDue(null, address)))
            {
                room -= room > 0 && TryStart((null, address), () => DialNamelessAsync(address)) ? 1 : 0;
            }

            bool IsWanted(PeerId peer) =>
                peer != setup.Host.Id && !connected.Contains(peer) && !_dials.ContainsKey((peer, null)) && setup.Backoff.WaitBefore(peer) == TimeSpan.Zero;
            foreach (KnownPeer peer in Candidates(IsWanted))
            {
                Multiaddr[] due = [.. peer.Dialable.Where(address => IsDue(peer.Id, address))];
                if (room > 0 && Array.Exists(due, address => _subnets.TryEnter(peer, address, peers)))
                {
                    room -= TryStart((peer.Id, null), () => DialAsync(peer, due)) ? 1 : 0;
                }
            }

            return room <= 0;
        }
    }

    /// <summary>Waits for those under way.</summary>
    public async Task CompleteAsync()
    {
        Task[] dials;
        lock (_gate)
        {
            dials = [.. _dials.Values];
        }

        foreach (Task dial in dials)
        {
            await dial;
        }
    }

    /// <summary>A peer is connected no more. Call it before the connections are looked at.</summary>
    public void End(PeerId peer) => _connections.End(peer);

    private static bool IsReached(CloseReason reason) => reason is CloseReason.None or CloseReason.Duplicate;

    /// <summary>What the peer itself has decided is the same at its other addresses.</summary>
    private static bool IsWorthAnotherAddress(CloseReason reason) =>
        reason is CloseReason.Unreachable or CloseReason.WrongPeer or CloseReason.Lost or CloseReason.HandshakeTimeout or CloseReason.TooSoon;

    /// <summary>A name does not say which part of the network it leads into.</summary>
    private static bool IsName(Multiaddr address) => address.IpAddress is null && AddressScope.IsPublic(address);

    private bool IsDue(PeerId? peer, Multiaddr address) => setup.Backoff.WaitBefore(peer, address) == TimeSpan.Zero;

    /// <summary>Those of the bootstrap list come first: they are what the operator trusts most.</summary>
    private IEnumerable<KnownPeer> Candidates(Func<PeerId, bool> isWanted)
    {
        IReadOnlyList<KnownPeer> picked = setup.Book.Pick(Options.HighWater * 4, isWanted);
        IEnumerable<KnownPeer> first = Options.Bootstrap
            .Select(static address => address.Peer)
            .OfType<PeerId>()
            .Distinct()
            .Where(isWanted)
            .Select(setup.Book.Find)
            .OfType<KnownPeer>();
        return first.Concat(picked).DistinctBy(static peer => peer.Id);
    }

    private bool TryStart((PeerId? Peer, Multiaddr? Nameless) key, Func<Task<CloseReason>> dial)
    {
        if (_dials.ContainsKey(key) || stop.IsCancellationRequested)
        {
            return false;
        }

        // The task may end before it is in the list; it takes the lock to leave it, so it finds itself there.
        _dials.Add(key, Task.CompletedTask);
        _dials[key] = setup.Spawner.Spawn("pouw.discovery.dial", () => RunAsync(key, dial));
        return true;
    }

    private async Task RunAsync((PeerId? Peer, Multiaddr? Nameless) key, Func<Task<CloseReason>> dial)
    {
        CloseReason reason = CloseReason.TooSoon;
        try
        {
            reason = await dial();
        }
        catch (OperationCanceledException)
        {
            // Discovery stops.
        }
        catch (ObjectDisposedException)
        {
            // The host stopped before discovery.
        }
        finally
        {
            lock (_gate)
            {
                _dials.Remove(key);
                if (key.Peer is { } peer)
                {
                    _subnets.Leave(peer);
                }
            }
        }

        if (reason != CloseReason.TooSoon)
        {
            // A dial that this node itself put off would only be put off again.
            wake();
        }
    }

    /// <summary>Whoever is there is not the operator's word: it is known as any peer that was reached.</summary>
    private async Task<CloseReason> DialNamelessAsync(Multiaddr address)
    {
        ConnectResult result = await TryDialAsync(address);
        if (result is { IsConnected: true, Peer: { } peer })
        {
            Begin(peer, address);
        }
        else if (result.Reason != CloseReason.TooSoon)
        {
            _connections.LeaveAlone(address);
        }

        return result.Reason;
    }

    private async Task<CloseReason> DialAsync(KnownPeer peer, Multiaddr[] addresses)
    {
        CloseReason reason = CloseReason.TooSoon;
        foreach (Multiaddr address in addresses.Where(address => _subnets.TryEnter(peer, address, setup.Host.Peers)))
        {
            reason = (await TryDialAsync(address.WithPeer(peer.Id))).Reason;
            Judge(peer, address, reason);
            if (reason == CloseReason.None)
            {
                await KeepAsync(peer, address);
            }

            if (IsReached(reason) || !IsWorthAnotherAddress(reason))
            {
                break;
            }
        }

        if (reason is not (CloseReason.None or CloseReason.TooSoon))
        {
            // The host tells the back-off of some failures, but of none of its own refusals, nor that a peer has no other address.
            _connections.LeaveAlone(peer.Id);
        }

        return reason;
    }

    /// <summary>Ends the connection again if a name led into a part of the network that has its share.</summary>
    private async ValueTask KeepAsync(KnownPeer peer, Multiaddr address)
    {
        Begin(peer.Id, null);
        IReadOnlyList<PeerConnection> peers = setup.Host.Peers;
        if (IsName(address) && !peer.IsBootstrap && setup.Disconnect is { } disconnect
            && peers.FirstOrDefault(connected => connected.Id == peer.Id) is { IsInbound: false } connection && _subnets.IsFullWithout(connection, peers))
        {
            await disconnect(peer.Id, CloseReason.TooManyPeers);
        }
    }

    private void Begin(PeerId peer, Multiaddr? nameless)
    {
        _connections.Begin(peer, nameless);
        if (!IsConnected(peer))
        {
            // It ended before it was known here.
            _connections.End(peer);
        }
    }

    private bool IsConnected(PeerId peer) => setup.Host.Peers.Any(connected => connected.Id == peer);

    private async ValueTask<ConnectResult> TryDialAsync(Multiaddr address)
    {
        try
        {
            return await setup.Dial(address, stop);
        }
        catch (NetworkException)
        {
            // A limit of this node: as if an earlier dial had been too recent.
            return new ConnectResult(CloseReason.TooSoon, null);
        }
    }

    private void Judge(KnownPeer peer, Multiaddr address, CloseReason reason)
    {
        switch (reason)
        {
            case CloseReason.None or CloseReason.Duplicate when IsConnected(peer.Id):
                setup.Book.MarkReached(peer.Id, address);
                break;
            case CloseReason.Unreachable or CloseReason.WrongPeer or CloseReason.Lost or CloseReason.HandshakeTimeout or CloseReason.Malformed
                or CloseReason.TooLarge or CloseReason.ProtocolViolation:
                // While nobody is connected it may be this node that reaches nobody.
                setup.Book.MarkFailed(peer.Id, address, setup.Host.Peers.Count > 0);
                break;
            case CloseReason.WrongNetwork or CloseReason.WrongVersion or CloseReason.SelfConnection or CloseReason.Banned when !peer.IsBootstrap:
                setup.Book.Remove(peer.Id);
                break;
            default:
                // It is there and does not want this node, or this node did not try.
                break;
        }
    }
}
