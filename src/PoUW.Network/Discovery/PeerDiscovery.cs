using System.Threading.Channels;
using PoUW.Core.Runtime;
using PoUW.Core.Storage;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Discovery;

/// <summary>
/// Keeps enough connections that this node has dialed, since those are the ones that nobody else chooses for it: from the bootstrap list first, then
/// from the book, and when that runs out it asks the sources. It feeds the book with what connected peers say and with the outcome of dials, and
/// writes it to the store now and then and at the end. It never disconnects anybody. Members may be called from any thread.
/// </summary>
public sealed class PeerDiscovery : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly IHost _host;
    private readonly PeerDialer _dial;
    private readonly AddressBook _book;
    private readonly IReadOnlyList<IPeerSource> _sources;
    private readonly IKeyValueStore _store;
    private readonly IdentityVerifier _verifier;
    private readonly PeerDiscoveryOptions _options;
    private readonly TimeProvider _time;
    private readonly ISpawner _spawner;
    private readonly INetworkObserver _observer;
    private readonly RetrySchedule _retries;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, Task> _dials = new(StringComparer.Ordinal);
    private readonly HashSet<PeerId> _dialing = [];
    private Task _loop = Task.CompletedTask;
    private DateTimeOffset _nextSave;
    private DateTimeOffset _nextQuestion;
    private bool _isFilling = true;
    private bool _hasBegun;

    /// <summary>Discovery that has not begun; loads the book from the store.</summary>
    /// <param name="host">The connections. Its events are heard from now on.</param>
    /// <param name="dial">Connects.</param>
    /// <param name="book">What is known; may be shared with the sources and with gossip.</param>
    /// <param name="sources">Where to ask for more, in this order.</param>
    /// <param name="store">Where the book is kept. Not disposed.</param>
    /// <param name="verifier">Verifies the records of peers.</param>
    /// <param name="options">The limits.</param>
    /// <param name="time">Every wait is on this clock.</param>
    /// <param name="spawner">Starts the background work.</param>
    /// <param name="observer">Hears what goes wrong.</param>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public PeerDiscovery(
        IHost host,
        PeerDialer dial,
        AddressBook book,
        IReadOnlyList<IPeerSource> sources,
        IKeyValueStore store,
        IdentityVerifier verifier,
        PeerDiscoveryOptions options,
        TimeProvider time,
        ISpawner spawner,
        INetworkObserver observer)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(options);
        (_host, _dial, _book, _sources, _store, _verifier) = (host, dial, book, sources, store, verifier);
        (_options, _time, _spawner, _observer) = (options, time, spawner, observer);
        _retries = new RetrySchedule(options, time);
        _book.Load(store, options.StorePrefix.Span);
        foreach (Multiaddr address in options.Bootstrap)
        {
            if (address.Peer is { } peer)
            {
                _book.Add(peer, [address], AddressSource.Bootstrap, null);
            }
        }

        host.PeerConnected += Learn;
        host.PeerUpdated += Learn;
        host.PeerDisconnected += OnDisconnected;
    }

    /// <summary>Begins to look for peers. Call it once, when the host listens.</summary>
    /// <exception cref="InvalidOperationException">It has begun.</exception>
    public void Start()
    {
        lock (_gate)
        {
            if (_hasBegun)
            {
                throw new InvalidOperationException("Discovery has begun already.");
            }

            _hasBegun = true;
            _nextSave = _time.GetUtcNow() + _options.SaveInterval;
            _loop = _spawner.Spawn("pouw.discovery", RunAsync);
        }
    }

    /// <summary>Looks at the connections now, for instance because the book has news.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>
    /// Takes a peer that another one suggests, as gossip does for those that it prunes: into the book, if it has signed where it is, to be dialed like any
    /// other. Ignored if who suggests it is not connected.
    /// </summary>
    /// <param name="signedRecord">The signed record of the peer; verified here.</param>
    /// <param name="from">Who suggests it.</param>
    public void Suggest(ReadOnlyMemory<byte> signedRecord, PeerId from)
    {
        if (_host.Peers.FirstOrDefault(peer => peer.Id == from) is { } teller
            && PeerRecord.TryOpen(signedRecord.Span, _verifier, out PeerRecord? record).IsValid && record!.Peer != _host.Id
            && _book.AddRecord(record.Peer, record.Addresses, record.Sequence, signedRecord.Span, teller.RemoteAddress))
        {
            Wake();
        }
    }

    /// <summary>Stops looking, waits for what is under way, and writes the book a last time.</summary>
    public async ValueTask DisposeAsync()
    {
        _host.PeerConnected -= Learn;
        _host.PeerUpdated -= Learn;
        _host.PeerDisconnected -= OnDisconnected;
        _stop.Cancel();
        await _loop;
        Save();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await LookAsync();
            await WaitAsync(_options.Interval);
        }

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

    private async Task WaitAsync(TimeSpan longest)
    {
        using CancellationTokenSource elapsed = new(longest, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(elapsed.Token, _stop.Token);
        try
        {
            await _wake.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Nothing happened meanwhile, or the end: the loop looks which.
        }

        _wake.Reader.TryRead(out _);
    }

    private async Task LookAsync()
    {
        if (_time.GetUtcNow() >= _nextSave)
        {
            _book.Expire();
            _retries.Expire();
            Save();
            _nextSave = _time.GetUtcNow() + _options.SaveInterval;
        }

        IReadOnlyList<PeerConnection> peers = _host.Peers;
        int missing = Missing(peers);
        if (missing > 0 && !StartDials(peers, missing))
        {
            await AskSourcesAsync(missing);
        }
    }

    /// <summary>Below the low water it fills up to the high one, then rests until it is below again.</summary>
    private int Missing(IReadOnlyList<PeerConnection> peers)
    {
        int dialed = peers.Count(static peer => !peer.IsInbound);
        _isFilling = dialed < _options.LowWater || (_isFilling && dialed < _options.HighWater);
        return _isFilling ? _options.HighWater - dialed : 0;
    }

    /// <returns>False if there were fewer peers to dial than places for them.</returns>
    private bool StartDials(IReadOnlyList<PeerConnection> peers, int missing)
    {
        HashSet<PeerId> connected = [.. peers.Select(static peer => peer.Id)];
        HashSet<Multiaddr> reached = [.. peers.Select(static peer => peer.RemoteAddress.WithoutPeer())];
        lock (_gate)
        {
            int room = Math.Min(missing, _options.MaxConcurrentDials) - _dials.Count;
            foreach (Multiaddr address in _options.Bootstrap)
            {
                if (room > 0 && address.Peer is null && !reached.Contains(address) && !_dials.ContainsKey(address.ToString()))
                {
                    room -= TryStart(address.ToString(), () => DialNamelessAsync(address)) ? 1 : 0;
                }
            }

            bool IsWanted(PeerId peer) => peer != _host.Id && !connected.Contains(peer) && !_dialing.Contains(peer) && _retries.MayTry(peer);
            Dictionary<string, int> subnets = CountSubnets(peers);
            foreach (KnownPeer peer in Candidates(IsWanted))
            {
                if (room > 0 && HasSubnetRoom(peer, subnets) && _dialing.Add(peer.Id))
                {
                    room -= TryStart(peer.Id.ToString(), () => DialAsync(peer)) ? 1 : 0;
                }
            }

            return room <= 0;
        }
    }

    /// <summary>Those of the bootstrap list come first: they are what the operator trusts most.</summary>
    private IEnumerable<KnownPeer> Candidates(Func<PeerId, bool> isWanted)
    {
        IReadOnlyList<KnownPeer> picked = _book.Pick(_options.HighWater * 4, isWanted);
        IEnumerable<KnownPeer> first = _options.Bootstrap
            .Select(static address => address.Peer)
            .OfType<PeerId>()
            .Distinct()
            .Where(isWanted)
            .Select(_book.Find)
            .OfType<KnownPeer>();
        return first.Concat(picked);
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

    private bool HasSubnetRoom(KnownPeer peer, Dictionary<string, int> subnets)
    {
        Multiaddr address = peer.Addresses[0].Address;
        if (peer.IsBootstrap || !AddressScope.IsPublic(address))
        {
            return true;
        }

        bool hasRoom = subnets.GetValueOrDefault(AddressScope.GroupOf(address)) < _options.MaxDialedPerSubnet;
        if (hasRoom)
        {
            Count(subnets, address);
        }

        return hasRoom;
    }

    private static void Count(Dictionary<string, int> subnets, Multiaddr address)
    {
        string group = AddressScope.GroupOf(address);
        subnets[group] = subnets.GetValueOrDefault(group) + 1;
    }

    private bool TryStart(string key, Func<Task> dial)
    {
        if (_dials.ContainsKey(key) || _stop.IsCancellationRequested)
        {
            return false;
        }

        // The task may end before it is in the list; it takes the lock to leave it, so it finds itself there.
        _dials.Add(key, Task.CompletedTask);
        _dials[key] = _spawner.Spawn("pouw.discovery.dial", () => RunDialAsync(key, dial));
        return true;
    }

    private async Task RunDialAsync(string key, Func<Task> dial)
    {
        try
        {
            await dial();
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

            Wake();
        }
    }

    private async Task DialNamelessAsync(Multiaddr address)
    {
        ConnectResult result = await TryDialAsync(address);
        if (IsReached(result) && result.Peer is { } peer)
        {
            _book.Add(peer, [address], AddressSource.Bootstrap, null);
            _book.MarkReached(peer, address);
        }
    }

    private async Task DialAsync(KnownPeer peer)
    {
        bool isReached = false;
        try
        {
            foreach (Multiaddr address in peer.Dialable)
            {
                ConnectResult result = await TryDialAsync(address.WithPeer(peer.Id));
                isReached = IsReached(result);
                Judge(peer, address, result.Reason);
                if (isReached || !IsWorthAnotherAddress(result.Reason))
                {
                    return;
                }
            }
        }
        finally
        {
            Finish(peer.Id, isReached);
        }
    }

    private void Finish(PeerId peer, bool isReached)
    {
        lock (_gate)
        {
            _dialing.Remove(peer);
            if (isReached)
            {
                _retries.Succeed(peer);
            }
            else
            {
                _retries.Fail(peer);
            }
        }
    }

    private async ValueTask<ConnectResult> TryDialAsync(Multiaddr address)
    {
        try
        {
            return await _dial(address, _stop.Token);
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
                _book.MarkReached(peer.Id, address);
                break;
            case CloseReason.Unreachable or CloseReason.WrongPeer or CloseReason.Lost or CloseReason.HandshakeTimeout or CloseReason.Malformed
                or CloseReason.TooLarge or CloseReason.ProtocolViolation:
                _book.MarkFailed(peer.Id, address);
                break;
            case CloseReason.WrongNetwork or CloseReason.WrongVersion or CloseReason.SelfConnection or CloseReason.Banned when !peer.IsBootstrap:
                _book.Remove(peer.Id);
                break;
            default:
                // It is there and does not want this node, or this node did not try.
                break;
        }
    }

    private static bool IsReached(ConnectResult result) => result.Reason is CloseReason.None or CloseReason.Duplicate;

    /// <summary>What the peer itself has decided is the same at its other addresses.</summary>
    private static bool IsWorthAnotherAddress(CloseReason reason) =>
        reason is CloseReason.Unreachable or CloseReason.WrongPeer or CloseReason.Lost or CloseReason.HandshakeTimeout or CloseReason.TooSoon;

    private async Task AskSourcesAsync(int wanted)
    {
        if (_time.GetUtcNow() < _nextQuestion)
        {
            return;
        }

        _nextQuestion = _time.GetUtcNow() + _options.SourceInterval;
        int known = _book.Count;
        foreach (IPeerSource source in _sources)
        {
            try
            {
                await source.FindAsync(wanted, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (NetworkException failure)
            {
                _observer.Observe(new NetworkEvent(NetworkEventKind.StreamFailed, null, $"A source of peers failed: {failure.Message}"));
            }
        }

        if (_book.Count > known)
        {
            Wake();
        }
    }

    private void Learn(PeerConnection peer)
    {
        if (!peer.IsInbound)
        {
            _book.MarkReached(peer.Id, peer.RemoteAddress);
        }

        bool isSigned = PeerRecord.TryOpen(peer.SignedPeerRecord.Span, _verifier, out PeerRecord? record).IsValid && record!.Peer == peer.Id;
        if (isSigned)
        {
            _book.AddRecord(peer.Id, record!.Addresses, record.Sequence, peer.SignedPeerRecord.Span, peer.RemoteAddress);
        }
        else
        {
            _book.Add(peer.Id, peer.Addresses, AddressSource.Identify, peer.RemoteAddress);
        }
    }

    private void OnDisconnected(PeerConnection peer) => Wake();

    private void Save()
    {
        try
        {
            _book.Save(_store, _options.StorePrefix.Span);
        }
        catch (StoreException failure)
        {
            _observer.Observe(new NetworkEvent(NetworkEventKind.InternalFailure, null, "The address book was not saved.", failure));
        }
    }
}
