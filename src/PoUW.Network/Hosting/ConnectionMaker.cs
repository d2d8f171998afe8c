using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Security;
using PoUW.Network.Transports;

namespace PoUW.Network.Hosting;

/// <summary>
/// Makes admitted connections of raw ones: security, muxer, and what the admission asks, all under one deadline. A connection that fails is
/// closed with the reason. Any thread.
/// </summary>
internal sealed class ConnectionMaker(
    PeerId self, HostSetup setup, TaskGroup tasks, StreamServer streams, PeerPlaces places, PeerStandings standings, IAdmission admission,
    CancellationToken stopping)
{
    private readonly Dictionary<HostTransport, ConnectionUpgrader> _upgraders = setup.Transports.ToDictionary(
        static transport => transport, transport => new ConnectionUpgrader(transport.Security, setup.Muxers, setup.Options.Negotiation));

    /// <summary>The transport of an address.</summary>
    public HostTransport? Find(Multiaddr address) => setup.Transports.FirstOrDefault(transport => transport.Transport.CanDial(address.WithoutPeer()));

    /// <summary>Admits the peer at the other end of a connection that a listener took.</summary>
    /// <returns>The connection, which fills its peer's place, or null with the reason.</returns>
    public ValueTask<(HostConnection? Connection, ConnectResult Result)> AcceptAsync(HostTransport transport, IConnection raw) =>
        MakeAsync(transport, _ => ValueTask.FromResult(raw), true, null, CancellationToken.None);

    /// <summary>Dials an address.</summary>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    public async ValueTask<(HostConnection? Connection, ConnectResult Result)> DialAsync(Multiaddr address, CancellationToken cancellation)
    {
        if (Find(address) is not { } transport)
        {
            return Fail(CloseReason.Unreachable, null);
        }

        PeerId? expected = address.Peer;
        if (expected is { } peer && RefusalOf(peer) is var refusal and not CloseReason.None)
        {
            return Fail(refusal, peer);
        }

        return await MakeAsync(transport, token => transport.Transport.DialAsync(address.WithoutPeer(), token), false, expected, cancellation);
    }

    private static (HostConnection? Connection, ConnectResult Result) Fail(CloseReason reason, PeerId? peer) => (null, new ConnectResult(reason, peer));

    /// <summary>Why a connection with a peer is not worth making, known before one is made.</summary>
    private CloseReason RefusalOf(PeerId peer)
    {
        if (peer == self)
        {
            return CloseReason.SelfConnection;
        }

        if (standings.IsBanned(peer))
        {
            return CloseReason.Banned;
        }

        return places.Find(peer) is { IsClosing: false } ? CloseReason.Duplicate : CloseReason.None;
    }

    private async ValueTask<(HostConnection? Connection, ConnectResult Result)> MakeAsync(
        HostTransport transport, Func<CancellationToken, ValueTask<IConnection>> connect, bool isInbound, PeerId? expected,
        CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(setup.Options.HandshakeTimeout, setup.Time);
        using CancellationTokenSource any = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stopping, cancellation);
        IConnection? raw = null;
        HostConnection? connection = null;
        AdmissionOutcome outcome;
        try
        {
            raw = await connect(any.Token);
            connection = await UpgradeAsync(transport, raw, isInbound, expected, any.Token);
            outcome = await AdmitAsync(connection, () => Explain(new AdmissionOutcome(CloseReason.Lost), deadline.Token, cancellation), any.Token);
        }
        catch (NetworkException failure)
        {
            outcome = new AdmissionOutcome(ReasonOf(failure, raw), true);
        }
        catch (OperationCanceledException)
        {
            outcome = new AdmissionOutcome(CloseReason.Lost, true);
        }

        if (outcome.Reason == CloseReason.None)
        {
            if (places.TryFill(connection!))
            {
                return (connection, new ConnectResult(CloseReason.None, connection!.Peer));
            }

            outcome = new AdmissionOutcome(CloseReason.ShuttingDown);
        }

        CloseReason reason = Explain(outcome, deadline.Token, cancellation);
        reason = await EndAsync(raw, connection, reason, outcome.ByPeer);
        setup.Observer.Observe(new NetworkEvent(NetworkEventKind.HandshakeFailed, connection?.Peer, reason.ToString()));
        cancellation.ThrowIfCancellationRequested();
        return Fail(reason, connection?.Peer);
    }

    private async ValueTask<HostConnection> UpgradeAsync(
        HostTransport transport, IConnection raw, bool isInbound, PeerId? expected, CancellationToken cancellation)
    {
        UpgradedConnection upgraded = await _upgraders[transport].UpgradeAsync(raw, !isInbound, expected, cancellation);
        HostConnection connection = new(upgraded.RemotePeer, raw.RemoteAddress, isInbound, upgraded.Muxer, tasks);
        if (!tasks.TryRun("pouw.streams", () => streams.AcceptAsync(connection)))
        {
            await upgraded.Muxer.CloseAsync(CloseCodes.ToCode(CloseReason.ShuttingDown));
            throw new OperationCanceledException(stopping);
        }

        return connection;
    }

    private async ValueTask<AdmissionOutcome> AdmitAsync(
        HostConnection connection, Func<CloseReason> whyCancelled, CancellationToken cancellation)
    {
        CloseReason refusal = RefusalOf(connection.Peer);
        if (refusal is CloseReason.SelfConnection or CloseReason.Banned)
        {
            return new AdmissionOutcome(refusal);
        }

        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(connection.Broken, cancellation);

        // What waits for the peer alone, such as its hello, ends with the connection.
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => connection.BeginClose(whyCancelled()), null);
        return await admission.AdmitAsync(connection, either.Token);
    }

    private static CloseReason ReasonOf(NetworkException failure, IConnection? raw) => failure.Error switch
    {
        _ when raw is null => CloseReason.Unreachable,
        NetworkError.HandshakeFailed => CloseReason.WrongPeer,
        NetworkError.ProtocolViolation or NetworkError.ProtocolNotSupported => CloseReason.ProtocolViolation,
        _ => CloseReason.Lost,
    };

    /// <summary>The reason of this side if it ended the handshake, which may show in any failure.</summary>
    private CloseReason Explain(AdmissionOutcome outcome, CancellationToken deadline, CancellationToken cancellation)
    {
        if (outcome.Reason != CloseReason.Lost)
        {
            return outcome.Reason;
        }

        if (cancellation.IsCancellationRequested)
        {
            return CloseReason.Requested;
        }

        if (stopping.IsCancellationRequested)
        {
            return CloseReason.ShuttingDown;
        }

        return deadline.IsCancellationRequested ? CloseReason.HandshakeTimeout : CloseReason.Lost;
    }

    /// <summary>Ends what was made.</summary>
    /// <returns>The reason that the peer gave, where it gave one, else the reason of this side.</returns>
    private static async ValueTask<CloseReason> EndAsync(IConnection? raw, HostConnection? connection, CloseReason reason, bool isByPeer)
    {
        if (connection is null)
        {
            await (raw?.CloseAsync() ?? ValueTask.CompletedTask);
            return reason;
        }

        CloseReason end = await connection.CloseAsync(reason);
        connection.MarkEnded();
        return reason == CloseReason.Lost && isByPeer ? end : reason;
    }
}
