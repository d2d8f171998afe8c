using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Framing;
using PoUW.Network.Messaging;
using PoUW.Network.Transports;

namespace PoUW.Network.Sessions;

/// <summary>
/// Makes a session of a connection. Both sides send Hello at once and check the other's. Then the node with the smaller name decides:
/// it reserves its place for the peer and sends Ready, or closes; the other one follows with its own Ready. Since one node decides for
/// both, two nodes that dial each other at the same time agree on the connection that stays. On success the peer's place is reserved.
/// </summary>
internal sealed class Handshaker(
    PeerId self, Hash256 networkId, NetworkOptions options, SessionRegistry sessions, PeerStandings standings, IPeerAuthorizer authorizer)
{
    /// <exception cref="NetworkException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">The deadline passed or the node stops.</exception>
    public async ValueTask<HandshakeOutcome> RunAsync(
        IConnection connection, FrameReader reader, bool isInbound, CancellationToken cancellation)
    {
        HandshakeMessage mine = new(HandshakeMessage.CurrentVersion, networkId, self, options.Agent);
        await connection.WriteAsync(OutboundFrame.Hello(mine.Encode()).ToArray(), cancellation);
        (SessionStep step, byte[] body) = await ReadAsync(reader, FrameType.Hello, cancellation);
        if (step.Reason != CloseReason.None)
        {
            return new HandshakeOutcome(step.Reason, step.ByPeer, null);
        }

        ValidationResult decoded = HandshakeMessage.TryDecode(body, out HandshakeMessage? theirs);
        if (theirs is null)
        {
            return new HandshakeOutcome(ToReason(decoded.Code), false, null);
        }

        PeerDescription peer = new(theirs.NodeId, connection.RemoteAddress, theirs.Agent, isInbound);
        CloseReason refusal = await JudgeAsync(theirs, peer, cancellation);
        if (refusal != CloseReason.None)
        {
            return new HandshakeOutcome(refusal, false, peer);
        }

        SessionStep agreed = self < peer.Id
            ? await DecideAsync(connection, reader, peer.Id, cancellation)
            : await FollowAsync(connection, reader, peer.Id, cancellation);
        return new HandshakeOutcome(agreed.Reason, agreed.ByPeer, peer);
    }

    private async ValueTask<CloseReason> JudgeAsync(HandshakeMessage theirs, PeerDescription peer, CancellationToken cancellation)
    {
        if (theirs.NetworkId != networkId)
        {
            return CloseReason.WrongNetwork;
        }

        if (theirs.NodeId == self)
        {
            return CloseReason.SelfConnection;
        }

        if (standings.IsBanned(theirs.NodeId))
        {
            return CloseReason.Banned;
        }

        ValidationResult admitted = await authorizer.AuthorizeAsync(peer, cancellation);
        return admitted.IsValid ? CloseReason.None : CloseReason.Unauthorized;
    }

    private async ValueTask<SessionStep> DecideAsync(
        IConnection connection, FrameReader reader, PeerId peer, CancellationToken cancellation)
    {
        CloseReason refusal = await sessions.ReserveAsync(peer, cancellation);
        if (refusal != CloseReason.None)
        {
            return SessionStep.Fault(refusal);
        }

        bool ready = false;
        try
        {
            await connection.WriteAsync(OutboundFrame.Ready().ToArray(), cancellation);
            (SessionStep step, _) = await ReadAsync(reader, FrameType.Ready, cancellation);
            ready = step.Reason == CloseReason.None;
            return step;
        }
        finally
        {
            if (!ready)
            {
                sessions.Release(peer);
            }
        }
    }

    private async ValueTask<SessionStep> FollowAsync(
        IConnection connection, FrameReader reader, PeerId peer, CancellationToken cancellation)
    {
        (SessionStep step, _) = await ReadAsync(reader, FrameType.Ready, cancellation);
        if (step.Reason != CloseReason.None)
        {
            return step;
        }

        // The decider keeps one session at a time, so one that is still here has ended there.
        sessions.Find(peer)?.BeginClose(CloseReason.Duplicate, tell: true);
        CloseReason refusal = await sessions.ReserveAsync(peer, cancellation);
        if (refusal != CloseReason.None)
        {
            return SessionStep.Fault(refusal);
        }

        bool ready = false;
        try
        {
            await connection.WriteAsync(OutboundFrame.Ready().ToArray(), cancellation);
            ready = true;
            return SessionStep.Continue;
        }
        finally
        {
            if (!ready)
            {
                sessions.Release(peer);
            }
        }
    }

    private static async ValueTask<(SessionStep Step, byte[] Body)> ReadAsync(
        FrameReader reader, FrameType expected, CancellationToken cancellation)
    {
        FrameReadResult frame = await reader.ReadHeaderAsync(HandshakeMessage.MaxBytes, cancellation);
        if (!frame.IsFrame)
        {
            return (frame.IsEnd ? SessionStep.Lost : SessionStep.Fault(ToReason(frame.Validation.Code)), []);
        }

        byte[] body = new byte[frame.Header.Length];
        if (!await reader.TryReadAsync(body, cancellation))
        {
            return (SessionStep.Lost, []);
        }

        if (frame.Header.Type == FrameType.Close && body.Length == 1)
        {
            return (new SessionStep(FrameDispatcher.ReadReason(body[0]), true), []);
        }

        bool isExpected = frame.Header.Type == expected && (expected == FrameType.Hello || body.Length == 0);
        return isExpected ? (SessionStep.Continue, body) : (SessionStep.Fault(CloseReason.ProtocolViolation), []);
    }

    private static CloseReason ToReason(ValidationCode code) => code switch
    {
        ValidationCode.TooLarge => CloseReason.TooLarge,
        ValidationCode.WrongVersion => CloseReason.WrongVersion,
        _ => CloseReason.Malformed,
    };
}
