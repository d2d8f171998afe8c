using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Security;
using PoUW.Network.Telemetry;
using PoUW.Network.Transports;

namespace PoUW.Network.Hosting;

/// <summary>
/// Makes admitted connections of raw ones: security, muxer, and what the admission asks, all under one deadline, the guards asked at each step. A
/// connection that fails is closed with the reason. Any thread.
/// </summary>
internal sealed class ConnectionMaker(
    PeerId self, HostSetup setup, NetworkGuards guards, TaskGroup tasks, StreamServer streams, PeerPlaces places, IAdmission admission,
    CancellationToken stopping)
{
    private readonly Dictionary<HostTransport, ConnectionUpgrader> _upgraders = setup.Transports.ToDictionary(
        static transport => transport, transport => new ConnectionUpgrader(transport.Security, setup.Muxers, setup.Options.Negotiation));

    /// <summary>Asks the guards about a connection that a listener took, before a byte of it is read.</summary>
    /// <returns>Null if it is to be closed.</returns>
    public InboundAttempt? TryBegin(IConnection raw)
    {
        if (!Ask(null, () => guards.Gater.MayAccept(raw.RemoteAddress)).IsValid)
        {
            CountRefused("gater");
            return null;
        }

        if (!guards.Resources.TryOpenConnection(true, raw.RemoteAddress, out ConnectionScope? scope).IsValid)
        {
            CountRefused("resources");
            return null;
        }

        return new InboundAttempt(scope!, guards.Handshakes.Begin(raw.RemoteAddress));
    }

    /// <summary>Admits the peer at the other end of a connection that a listener took.</summary>
    /// <returns>The connection, which fills its peer's place, or null with the reason.</returns>
    public async ValueTask<(HostConnection? Connection, ConnectResult Result)> AcceptAsync(
        HostTransport transport, IConnection raw, InboundAttempt attempt)
    {
        using PendingHandshake place = attempt.Place;
        return await MakeAsync(transport, _ => ValueTask.FromResult(raw), attempt.Scope, place, null, CancellationToken.None);
    }

    /// <summary>Dials an address.</summary>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    public async ValueTask<(HostConnection? Connection, ConnectResult Result)> DialAsync(Multiaddr address, CancellationToken cancellation)
    {
        if (setup.Transports.FirstOrDefault(transport => transport.Transport.CanDial(address.WithoutPeer())) is not { } transport)
        {
            return Fail(CloseReason.Unreachable, null);
        }

        PeerId? expected = address.Peer;
        CloseReason refusal = MayDial(expected, address, out ConnectionScope? scope);
        if (refusal != CloseReason.None)
        {
            return Fail(refusal, expected);
        }

        (HostConnection? connection, ConnectResult result) =
            await MakeAsync(transport, token => ConnectAsync(transport, address, token), scope!, null, expected, cancellation);
        guards.Dials.Remember(address, result);
        return (connection, result);
    }

    private static (HostConnection? Connection, ConnectResult Result) Fail(CloseReason reason, PeerId? peer) => (null, new ConnectResult(reason, peer));

    private static CloseReason ToReason(ValidationResult refusal) => refusal.Code switch
    {
        ValidationCode.Banned => CloseReason.Banned,
        ValidationCode.RateLimited => CloseReason.TooManyPeers,
        _ => CloseReason.Unauthorized,
    };

    private static CloseReason ReasonOf(NetworkException failure, IConnection? raw) => failure.Error switch
    {
        _ when raw is null => CloseReason.Unreachable,
        NetworkError.HandshakeFailed => CloseReason.WrongPeer,
        NetworkError.ProtocolViolation or NetworkError.ProtocolNotSupported => CloseReason.ProtocolViolation,
        _ => CloseReason.Lost,
    };

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
        connection.MarkBroken();
        connection.MarkEnded();
        return reason == CloseReason.Lost && isByPeer ? end : reason;
    }

    private CloseReason MayDial(PeerId? expected, Multiaddr address, out ConnectionScope? scope)
    {
        scope = null;
        if (expected == self)
        {
            return CloseReason.SelfConnection;
        }

        ValidationResult allowed = Ask(expected, () => guards.Gater.MayDial(expected, address));
        if (!allowed.IsValid)
        {
            return ToReason(allowed);
        }

        if (expected is { } peer && places.Find(peer) is { IsClosing: false })
        {
            return CloseReason.Duplicate;
        }

        return guards.Resources.TryOpenConnection(false, address.WithoutPeer(), out scope).IsValid ? CloseReason.None : CloseReason.TooManyPeers;
    }

    private async ValueTask<IConnection> ConnectAsync(HostTransport transport, Multiaddr address, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(guards.Dials.TimeoutOf(address), setup.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await transport.Transport.DialAsync(address.WithoutPeer(), either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NetworkException(NetworkError.Refused, $"{address} did not answer in time.");
        }
    }

    private async ValueTask<(HostConnection? Connection, ConnectResult Result)> MakeAsync(
        HostTransport transport, Func<CancellationToken, ValueTask<IConnection>> connect, ConnectionScope scope, PendingHandshake? place, PeerId? expected,
        CancellationToken cancellation)
    {
        long start = setup.Time.GetTimestamp();
        using CancellationTokenSource deadline = new(setup.Options.HandshakeTimeout, setup.Time);
        using CancellationTokenSource any = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stopping, cancellation);
        CloseReason WhyCancelled() => Explain(place, deadline.Token, cancellation);
        IConnection? raw = null;
        HostConnection? connection = null;
        AdmissionOutcome outcome;
        try
        {
            raw = await connect(any.Token);
            connection = await UpgradeAsync(transport, raw, scope, place, expected, any.Token);
            outcome = await AdmitAsync(connection, WhyCancelled, any.Token);
        }
        catch (NetworkException failure)
        {
            outcome = new AdmissionOutcome(ReasonOf(failure, raw), true);
        }
        catch (OperationCanceledException)
        {
            outcome = new AdmissionOutcome(CloseReason.Lost, true);
        }
        catch (Exception failure)
        {
            // What was plugged in has failed, such as an authorizer: it admits nobody then.
            ReportFailure(connection?.Peer, failure);
            outcome = new AdmissionOutcome(raw is null ? CloseReason.Unreachable : CloseReason.Unauthorized);
        }

        bool isInbound = place is not null;
        if (outcome.Reason == CloseReason.None)
        {
            if (places.TryFill(connection!))
            {
                // Banned since it was let in, when there was no connection to end: whoever bans from now on finds this one.
                if (guards.Bans.IsBanned(connection!.Peer))
                {
                    connection.BeginClose(CloseReason.Banned);
                }

                NetworkMetrics.HandshakeDuration.Record(
                    setup.Time.GetElapsedTime(start).TotalSeconds, NetworkMetrics.Tag(NetworkMetrics.NodeTag, setup.Options.Node));
                return (connection, new ConnectResult(CloseReason.None, connection.Peer));
            }

            outcome = new AdmissionOutcome(CloseReason.ShuttingDown);
        }

        CloseReason reason = outcome.Reason == CloseReason.Lost ? WhyCancelled() : outcome.Reason;
        try
        {
            reason = await EndAsync(raw, connection, reason, outcome.ByPeer);
        }
        catch (Exception failure)
        {
            // It is of no use any more, however it ended.
            ReportFailure(connection?.Peer, failure);
        }

        scope.Dispose();
        Report(connection?.Peer, isInbound, reason);
        cancellation.ThrowIfCancellationRequested();
        return Fail(reason, connection?.Peer);
    }

    private async ValueTask<HostConnection> UpgradeAsync(
        HostTransport transport, IConnection raw, ConnectionScope scope, PendingHandshake? place, PeerId? expected, CancellationToken cancellation)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(place?.Token ?? CancellationToken.None, cancellation);
        bool isInbound = place is not null;
        ValidationResult reserved = scope.TryReserveMemory(0, out MemoryReservation? unread);
        if (unread is null)
        {
            throw new NetworkException(NetworkError.LimitReached, reserved.Message);
        }

        unread.MaxBytes = setup.Options.MaxUnreadBytesBeforeAdmission;
        UpgradedConnection upgraded = await _upgraders[transport].UpgradeAsync(raw, !isInbound, expected, unread, either.Token);
        place?.Dispose();
        return new HostConnection(upgraded.RemotePeer, raw.RemoteAddress, isInbound, upgraded.Muxer, scope, tasks) { Unread = unread };
    }

    private async ValueTask<AdmissionOutcome> AdmitAsync(
        HostConnection connection, Func<CloseReason> whyCancelled, CancellationToken cancellation)
    {
        CloseReason refusal = MayKeep(connection);
        if (refusal != CloseReason.None)
        {
            return new AdmissionOutcome(refusal);
        }

        if (!tasks.TryRun("pouw.streams", () => streams.AcceptAsync(connection)))
        {
            return new AdmissionOutcome(CloseReason.ShuttingDown);
        }

        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(connection.Broken, cancellation);

        // What waits for the peer alone, such as its hello, ends with the connection.
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => connection.BeginClose(whyCancelled()), null);
        return await admission.AdmitAsync(connection, either.Token);
    }

    private CloseReason MayKeep(HostConnection connection)
    {
        if (connection.Peer == self)
        {
            return CloseReason.SelfConnection;
        }

        ValidationResult kept = Ask(
            connection.Peer, () => guards.Gater.MayKeep(connection.Peer, connection.RemoteAddress, connection.IsInbound));
        if (!kept.IsValid)
        {
            return ToReason(kept);
        }

        ValidationResult bound = connection.Scope.TryBindPeer(connection.Peer);
        return bound.IsValid ? CloseReason.None : ToReason(bound);
    }

    /// <summary>Why this side ended a handshake, if it did.</summary>
    private CloseReason Explain(PendingHandshake? place, CancellationToken deadline, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return CloseReason.Requested;
        }

        if (stopping.IsCancellationRequested)
        {
            return CloseReason.ShuttingDown;
        }

        if (place is { IsEvicted: true })
        {
            return CloseReason.TooManyPeers;
        }

        return deadline.IsCancellationRequested || place is { Token.IsCancellationRequested: true } ? CloseReason.HandshakeTimeout : CloseReason.Lost;
    }

    /// <summary>Asks what the application may have plugged in: who throws lets nobody in.</summary>
    private ValidationResult Ask(PeerId? peer, Func<ValidationResult> gater)
    {
        try
        {
            return gater();
        }
        catch (Exception failure)
        {
            ReportFailure(peer, failure);
            return ValidationResult.Fail(ValidationCode.NotAllowed, nameof(IConnectionGater), "The gater has failed.");
        }
    }

    private void ReportFailure(PeerId? peer, Exception failure) =>
        setup.Observer.Observe(new NetworkEvent(NetworkEventKind.HandlerFailed, peer, "making a connection", failure));

    private void Report(PeerId? peer, bool isInbound, CloseReason reason)
    {
        setup.Observer.Observe(new NetworkEvent(NetworkEventKind.HandshakeFailed, peer, reason.ToString()));
        NetworkMetrics.HandshakesFailed.Add(
            1, NetworkMetrics.Tag(NetworkMetrics.NodeTag, setup.Options.Node),
            NetworkMetrics.Tag("direction", isInbound ? "inbound" : "outbound"), NetworkMetrics.Tag("reason", reason.ToString()));
    }

    private void CountRefused(string guard) => NetworkMetrics.ConnectionsRefused.Add(
        1, NetworkMetrics.Tag(NetworkMetrics.NodeTag, setup.Options.Node), NetworkMetrics.Tag("guard", guard));
}
