using PoUW.Network.Framing;
using PoUW.Network.Sessions;

namespace PoUW.Network.Messaging;

/// <summary>Sends each received frame to the part of the node that understands it.</summary>
internal sealed class FrameDispatcher(GossipRouter gossip, RequestRouter requests)
{
    public ValueTask<SessionStep> HandleAsync(PeerSession session, FrameHeader header, CancellationToken cancellation) => header.Type switch
    {
        FrameType.Gossip => gossip.ReceiveAsync(session, header.Length, cancellation),
        FrameType.Request => requests.ReceiveRequestAsync(session, header.Length, cancellation),
        FrameType.Response => requests.ReceiveResponseAsync(session, header.Length, cancellation),
        FrameType.Cancel => requests.ReceiveCancelAsync(session, header.Length, cancellation),
        FrameType.Close => ReceiveCloseAsync(session, header.Length, cancellation),
        _ => ValueTask.FromResult(SessionStep.Fault(CloseReason.ProtocolViolation)),
    };

    private static async ValueTask<SessionStep> ReceiveCloseAsync(PeerSession session, int length, CancellationToken cancellation)
    {
        if (length != 1)
        {
            return SessionStep.Fault(CloseReason.Malformed);
        }

        bool read = await session.Reader.TryReadAsync(session.Fields.AsMemory(0, 1), cancellation);
        return new SessionStep(read ? ReadReason(session.Fields[0]) : CloseReason.Lost, true);
    }

    /// <summary>The reason behind a byte of the wire; a byte that is no reason is read as a lost connection.</summary>
    public static CloseReason ReadReason(byte value)
    {
        CloseReason reason = (CloseReason)value;
        return reason is > CloseReason.None and < CloseReason.Lost && Enum.IsDefined(reason) ? reason : CloseReason.Lost;
    }
}
