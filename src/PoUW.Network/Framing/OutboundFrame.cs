using System.Buffers.Binary;
using System.Text;
using PoUW.Core.Primitives;

namespace PoUW.Network.Framing;

/// <summary>
/// A frame that waits to be sent: the header with the fixed fields, and the payload by reference. Immutable, so one object may wait in
/// the queues of many peers.
/// </summary>
internal sealed class OutboundFrame
{
    private OutboundFrame(FrameType type, int fieldBytes, ReadOnlyMemory<byte> payload, Hash256? messageId = null)
    {
        Prefix = new byte[FrameHeader.Size + fieldBytes];
        Payload = payload;
        MessageId = messageId;
        new FrameHeader(type, fieldBytes + payload.Length).Write(Prefix);
    }

    public byte[] Prefix { get; }

    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The id of a gossiped message, else null.</summary>
    public Hash256? MessageId { get; }

    public int Length => Prefix.Length + Payload.Length;

    private Span<byte> Fields => Prefix.AsSpan(FrameHeader.Size);

    public static OutboundFrame Hello(byte[] message) => new(FrameType.Hello, 0, message);

    public static OutboundFrame Ready() => new(FrameType.Ready, 0, default);

    public static OutboundFrame Close(Sessions.CloseReason reason)
    {
        OutboundFrame frame = new(FrameType.Close, 1, default);
        frame.Fields[0] = (byte)reason;
        return frame;
    }

    public static OutboundFrame Gossip(string topic, Hash256 id, ReadOnlyMemory<byte> payload)
    {
        OutboundFrame frame = new(FrameType.Gossip, 1 + topic.Length + Hash256.Size, payload, id);
        int written = WriteName(topic, frame.Fields);
        id.CopyTo(frame.Fields[written..]);
        return frame;
    }

    public static OutboundFrame Request(uint id, string protocol, ReadOnlyMemory<byte> payload)
    {
        OutboundFrame frame = new(FrameType.Request, 4 + 1 + protocol.Length, payload);
        BinaryPrimitives.WriteUInt32BigEndian(frame.Fields, id);
        WriteName(protocol, frame.Fields[4..]);
        return frame;
    }

    public static OutboundFrame Response(uint id, byte status, ReadOnlyMemory<byte> payload)
    {
        OutboundFrame frame = new(FrameType.Response, 5, payload);
        BinaryPrimitives.WriteUInt32BigEndian(frame.Fields, id);
        frame.Fields[4] = status;
        return frame;
    }

    public static OutboundFrame Cancel(uint id)
    {
        OutboundFrame frame = new(FrameType.Cancel, 4, default);
        BinaryPrimitives.WriteUInt32BigEndian(frame.Fields, id);
        return frame;
    }

    /// <summary>The whole frame in one array; for the few frames of a handshake.</summary>
    public byte[] ToArray() => [.. Prefix, .. Payload.Span];

    private static int WriteName(string name, Span<byte> destination)
    {
        destination[0] = (byte)name.Length;
        return 1 + Encoding.ASCII.GetBytes(name, destination[1..]);
    }
}
