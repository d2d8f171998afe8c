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
    private readonly Dictionary<string, Task> _dials = new(StringComparer.Ordinal);
    private readonly HashSet<PeerId> _dialing = [];

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
                room -= room > 0 && TryStart(address.ToString(), () => DialNamelessAsync(address)) ? 1 : 0;
            }

            bool IsWanted(PeerId peer) =>
                peer != setup.Host.Id && !connected.Contains(peer) && !_dialing.Contains(peer) && setup.Backoff.WaitBefore(peer) == TimeSpan.Zero;
            Dictionary<string, int> subnets = CountSubnets(peers);
            foreach (KnownPeer peer in Candidates(IsWanted))
            {
                Multiaddr[] due = [.. peer.Dialable.Where(address => IsDue(peer.Id, address))];
                if (room > 0 && due.Length > 0 && HasSubnetRoom(peer, subnets) && _dialing.Add(peer.Id))
                {
                    room -= TryStart(peer.Id.ToString(), () => DialAsync(peer, due)) ? 1 : 0;
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

    private static Dictionary<string, int> CountSubnets(IReadOnlyList<PeerConnection> peers)
    {
        Dictionary<string, int> subnets = new(StringComparer.Ordinal);
        foreach (PeerConnection peer in peers.Where(static peer => !peer.IsInbound))
        {
            Count(subnets, peer.RemoteAddress);
        }

        return subnets;
    }

    private static void Count(Dictionary<string, int> subnets, Multiaddr address)
    {
        string group = AddressScope.GroupOf(address);
        subnets[group] = subnets.GetValueOrDefault(group) + 1;
    }

    private static bool IsReached(CloseReason reason) => reason is CloseReason.None or CloseReason.Duplicate;

    /// <summary>What the peer itself has decided is the same at its other addresses.</summary>
    private static bool IsWorthAnotherAddress(CloseReason reason) =>
        reason is CloseReason.Unreachable or CloseReason.WrongPeer or CloseReason.Lost or CloseReason.HandshakeTimeout or CloseReason.TooSoon;

    private static bool IsRefusedForNow(CloseReason reason) => reason is CloseReason.ShuttingDown or CloseReason.Requested;

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
        return first.Concat(picked);
    }

    private bool HasSubnetRoom(KnownPeer peer, Dictionary<string, int> subnets)
    {
        Multiaddr address = peer.Addresses[0].Address;
        if (peer.IsBootstrap || !AddressScope.IsPublic(address))
        {
            return true;
        }

        bool hasRoom = subnets.GetValueOrDefault(AddressScope.GroupOf(address)) < Options.MaxDialedPerSubnet;
        if (hasRoom)
        {
            Count(subnets, address);
        }

        return hasRoom;
    }

    private bool TryStart(string key, Func<Task<CloseReason>> dial)
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

    private async Task RunAsync(string key, Func<Task<CloseReason>> dial)
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
        CloseReason reason = (await TryDialAsync(address)).Reason;
        if (reason is CloseReason.Duplicate || IsRefusedForNow(reason))
        {
            // No failure of a dial, but to ask again at once would give the same answer.
            setup.Backoff.AddressFailed(address);
        }

        return reason;
    }

    private async Task<CloseReason> DialAsync(KnownPeer peer, Multiaddr[] addresses)
    {
        CloseReason reason = CloseReason.TooSoon;
        try
        {
            foreach (Multiaddr address in addresses)
            {
                reason = (await TryDialAsync(address.WithPeer(peer.Id))).Reason;
                Judge(peer, address, reason);
                if (IsReached(reason) || !IsWorthAnotherAddress(reason))
                {
                    break;
                }
            }

            if (reason is CloseReason.Unreachable or CloseReason.WrongPeer || IsRefusedForNow(reason))
            {
                // The back-off knows failures of the addresses, but not that the peer has no others; and a peer that stops is no failure of a dial.
                setup.Backoff.PeerFailed(peer.Id);
            }

            return reason;
        }
        finally
        {
            lock (_gate)
            {
                _dialing.Remove(peer.Id);
            }
        }
    }

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
            case CloseReason.None or CloseReason.Duplicate:
                setup.Book.MarkReached(peer.Id, address);
                break;
            case CloseReason.Unreachable or CloseReason.WrongPeer or CloseReason.Lost or CloseReason.HandshakeTimeout or CloseReason.Malformed
                or CloseReason.TooLarge or CloseReason.ProtocolViolation:
                setup.Book.MarkFailed(peer.Id, address);
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
