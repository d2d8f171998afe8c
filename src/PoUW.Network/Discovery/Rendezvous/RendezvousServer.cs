using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Streams;

namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>
/// A rendezvous point: serves registrations and questions of peers on a host. A peer registers only itself, with a record that it has signed. What a
/// peer, one part of the network, a namespace and all together may hold is bounded, and so is how often a peer may ask. Registrations live in
/// memory. Members may be called from any thread.
/// </summary>
public sealed class RendezvousServer
{
    private readonly Lock _gate = new();
    private readonly IHost _host;
    private readonly RendezvousOptions _options;
    private readonly IRendezvousAuthorizer _authorizer;
    private readonly IdentityVerifier _verifier;
    private readonly TimeProvider _time;
    private readonly RendezvousRegistry _registry;
    private readonly RecentTable<PeerId, TokenBucket> _asked;

    /// <summary>Serves the protocol on a host from now on.</summary>
    /// <param name="host">The connections.</param>
    /// <param name="options">The limits.</param>
    /// <param name="authorizer">Decides who may register and ask.</param>
    /// <param name="verifier">Verifies the records.</param>
    /// <param name="time">The clock of lives, rates and deadlines.</param>
    /// <param name="random">For the mark of this run in cookies.</param>
    /// <exception cref="InvalidOperationException">The host serves the protocol already.</exception>
    /// <exception cref="ArgumentException">The options break a rule of <see cref="RendezvousOptions.Validate"/>.</exception>
    public RendezvousServer(
        IHost host, RendezvousOptions options, IRendezvousAuthorizer authorizer, IdentityVerifier verifier, TimeProvider time, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        (_host, _options, _authorizer, _verifier, _time) = (host, options, authorizer, verifier, time);
        _registry = new RendezvousRegistry(options, time, random);
        _asked = new RecentTable<PeerId, TokenBucket>(options.MaxCountedPeers);
        host.Handle(RendezvousProtocol.Id, ServeAsync, new StreamHandlerOptions { MaxInboundPerPeer = 2 });
    }

    /// <summary>Registrations at present; those whose life is over are counted until the next request.</summary>
    public int Count => _registry.Count;

    private async Task ServeAsync(PeerStream stream, CancellationToken cancellation)
    {
        while (await ReadAsync(stream, cancellation) is { } request)
        {
            if (await AnswerAsync(stream.Peer, request, cancellation) is { } answer)
            {
                await WriteAsync(stream, answer, cancellation);
            }
        }

        await stream.CloseAsync();
    }

    /// <returns>Null when the peer has no more to ask, or not in time.</returns>
    private async ValueTask<RendezvousMessage?> ReadAsync(PeerStream stream, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(_options.StreamTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        byte[]? bytes;
        try
        {
            bytes = await DelimitedMessages.ReadAsync(stream, _options.MaxRequestBytes, either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return null;
        }

        if (bytes is null)
        {
            return null;
        }

        ValidationResult result = RendezvousCodec.TryDecode(bytes, out RendezvousMessage? message);
        bool isRequest = message?.Type is RendezvousMessageType.Register or RendezvousMessageType.Unregister or RendezvousMessageType.Discover;
        return isRequest ? message : throw new NetworkException(NetworkError.ProtocolViolation, $"Rendezvous: no request. {result}");
    }

    private async ValueTask WriteAsync(PeerStream stream, RendezvousMessage answer, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(_options.StreamTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        await stream.WriteAsync(DelimitedMessages.Encode(RendezvousCodec.Encode(answer)), either.Token);
    }

    /// <returns>Null where the protocol has no answer.</returns>
    private async ValueTask<RendezvousMessage?> AnswerAsync(PeerId peer, RendezvousMessage request, CancellationToken cancellation)
    {
        bool hasRoom = TryCount(peer);
        switch (request.Type)
        {
            case RendezvousMessageType.Unregister:
                _registry.Unregister(peer, request.Namespace);
                return null;
            case RendezvousMessageType.Register:
                RendezvousRegistration registration = request.Registrations[0];
                ulong ttl = 0;
                RendezvousStatus status = hasRoom ? await CheckAsync(peer, registration, cancellation) : RendezvousStatus.Unavailable;
                if (status == RendezvousStatus.Ok)
                {
                    status = _registry.Register(peer, registration, SourceOf(peer), out ttl);
                }

                return new RendezvousMessage
                {
                    Type = RendezvousMessageType.RegisterResponse,
                    Status = status,
                    TtlSeconds = status == RendezvousStatus.Ok ? ttl : 0,
                };
            default:
                return await DiscoverAsync(peer, request, hasRoom, cancellation);
        }
    }

    private async ValueTask<RendezvousStatus> CheckAsync(PeerId peer, RendezvousRegistration registration, CancellationToken cancellation)
    {
        if (registration.Namespace.Length == 0)
        {
            return RendezvousStatus.InvalidNamespace;
        }

        // The cheaper question first: who may not register costs no verification.
        if (!await _authorizer.MayRegisterAsync(peer, registration.Namespace, cancellation))
        {
            return RendezvousStatus.NotAuthorized;
        }

        bool isOwn = PeerRecord.TryOpen(registration.SignedPeerRecord.Span, _verifier, out PeerRecord? record).IsValid
            && record!.Peer == peer
            && record.Addresses.Count > 0;
        return isOwn ? RendezvousStatus.Ok : RendezvousStatus.InvalidSignedPeerRecord;
    }

    private async ValueTask<RendezvousMessage> DiscoverAsync(PeerId peer, RendezvousMessage request, bool hasRoom, CancellationToken cancellation)
    {
        IReadOnlyList<RendezvousRegistration> found = [];
        byte[] cookie = [];
        RendezvousStatus status;
        if (!hasRoom)
        {
            status = RendezvousStatus.Unavailable;
        }
        else if (request.Namespace.Length == 0)
        {
            status = RendezvousStatus.InvalidNamespace;
        }
        else if (!await _authorizer.MayDiscoverAsync(peer, request.Namespace, cancellation))
        {
            status = RendezvousStatus.NotAuthorized;
        }
        else
        {
            status = _registry.Discover(request.Namespace, request.Limit, request.Cookie.Span, out found, out cookie);
        }

        return new RendezvousMessage { Type = RendezvousMessageType.DiscoverResponse, Status = status, Registrations = found, Cookie = cookie };
    }

    private bool TryCount(PeerId peer)
    {
        lock (_gate)
        {
            if (!_asked.TryGet(peer, out TokenBucket bucket))
            {
                bucket = new TokenBucket(new TokenRate(1, _options.RequestInterval, _options.RequestBurst), _time);
                _asked.Set(peer, bucket);
            }

            return bucket.TryTake();
        }
    }

    private string SourceOf(PeerId peer) => _host.Peers.FirstOrDefault(known => known.Id == peer) is { } connection
        ? AddressScope.GroupOf(connection.RemoteAddress)
        : "";
}
