using System.Threading.Channels;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Discovery;

/// <summary>
/// Keeps enough connections that this node has dialed, since those are the ones that nobody else chooses for it: from the bootstrap list first, then
/// from the book, and when that runs out it asks the sources. It feeds the book with what connected peers say and with the outcome of dials, and
/// writes it and the bans to the store now and then and at the end. It disconnects nobody but whom it has dialed by a name that, as it turns out, leads into
/// a part of the network that has its share. Members may be called from any thread.
/// </summary>
public sealed class PeerDiscovery : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly PeerDiscoverySetup _setup;
    private readonly IHost _host;
    private readonly AddressBook _book;
    private readonly PeerDiscoveryOptions _options;
    private readonly TimeProvider _time;
    private readonly PeerDials _dials;
    private readonly PeerStore _store;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private DateTimeOffset _nextSave;
    private DateTimeOffset _nextQuestion;
    private bool _isFilling = true;
    private bool _hasBegun;

    /// <summary>Discovery that has not begun; loads book and bans from the store, and hears the events of the host from now on.</summary>
    /// <exception cref="ArgumentException">The options break a rule of <see cref="PeerDiscoveryOptions.Validate"/>.</exception>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public PeerDiscovery(PeerDiscoverySetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        ValidationResult valid = setup.Options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(setup));
        }

        (_setup, _host, _book, _options, _time) = (setup, setup.Host, setup.Book, setup.Options, setup.Time);
        _dials = new PeerDials(setup, Wake, _stop.Token);
        _store = new PeerStore(setup);
        _store.Load();
        foreach (Multiaddr address in _options.Bootstrap)
        {
            if (address.Peer is { } peer)
            {
                _book.Add(peer, [address], AddressSource.Bootstrap, null);
            }
        }

        _host.PeerConnected += Learn;
        _host.PeerUpdated += Learn;
        _host.PeerDisconnected += OnDisconnected;
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
            _loop = _setup.Spawner.Spawn("pouw.discovery", RunAsync);
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
            && PeerRecord.TryOpen(signedRecord.Span, _setup.Verifier, out PeerRecord? record).IsValid && record!.Peer != _host.Id
            && _book.AddRecord(record.Peer, record.Addresses, record.Sequence, signedRecord.Span, teller.RemoteAddress))
        {
            Wake();
        }
    }

    /// <summary>Stops looking, waits for what is under way, and writes book and bans a last time.</summary>
    public async ValueTask DisposeAsync()
    {
        _host.PeerConnected -= Learn;
        _host.PeerUpdated -= Learn;
        _host.PeerDisconnected -= OnDisconnected;
        _stop.Cancel();
        await _loop;
        _store.Save();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await LookAsync();
            await WaitAsync(_options.Interval);
        }

        await _dials.CompleteAsync();
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
            _store.Save();
            _nextSave = _time.GetUtcNow() + _options.SaveInterval;
        }

        IReadOnlyList<PeerConnection> peers = _host.Peers;
        int missing = Missing(peers);
        if (missing > 0 && !_dials.Start(peers, missing))
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

    private async Task AskSourcesAsync(int wanted)
    {
        if (_time.GetUtcNow() < _nextQuestion)
        {
            return;
        }

        _nextQuestion = _time.GetUtcNow() + _options.SourceInterval;
        int known = _book.Count;
        foreach (IPeerSource source in _setup.Sources)
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
                _setup.Observer.Observe(new NetworkEvent(NetworkEventKind.StreamFailed, null, $"A source of peers failed: {failure.Message}"));
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

        bool isSigned = PeerRecord.TryOpen(peer.SignedPeerRecord.Span, _setup.Verifier, out PeerRecord? record).IsValid && record!.Peer == peer.Id;
        if (isSigned)
        {
            _book.AddRecord(peer.Id, record!.Addresses, record.Sequence, peer.SignedPeerRecord.Span, peer.RemoteAddress);
        }
        else
        {
            _book.Add(peer.Id, peer.Addresses, AddressSource.Identify, peer.RemoteAddress);
        }
    }

    private void OnDisconnected(PeerConnection peer)
    {
        _dials.End(peer.Id);
        Wake();
    }
}
