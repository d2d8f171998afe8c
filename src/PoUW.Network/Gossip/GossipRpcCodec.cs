using PoUW.Core.Validation;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Gossip;

/// <summary>
/// The protobuf encoding of an RPC: subscriptions = 1 {subscribe = 1, topic = 2}, messages = 2 {from = 1, data = 2, seqno = 3, topic = 4,
/// signature = 5, key = 6}, control = 3 {ihave = 1 {topic = 1, ids = 2}, iwant = 2 {ids = 1}, graft = 3 {topic = 1}, prune = 4 {topic = 1, peers
/// = 2 {id = 1, record = 2}, backoff = 3}, idontwant = 5 {ids = 1}}. Unknown fields are skipped.
/// </summary>
public static class GossipRpcCodec
{
    /// <summary>Encodes an RPC.</summary>
    public static byte[] Encode(GossipRpc rpc) => Write(rpc).ToArray();

    /// <summary>Encodes an RPC with its length before it, as it goes on a stream.</summary>
    public static byte[] EncodeDelimited(GossipRpc rpc) => Write(rpc).ToDelimited();

    /// <summary>Reads an RPC of a peer. Never throws, and allocates no more than the limits allow.</summary>
    /// <param name="encoded">The RPC without its length.</param>
    /// <param name="limits">What is taken at most.</param>
    /// <param name="rpc">The RPC, with copies of what it needs of the source; null if the result says why not.</param>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, GossipLimits limits, out GossipRpc? rpc)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return GossipRpcReader.TryRead(encoded, limits, out rpc);
    }

    private static ProtoWriter Write(GossipRpc rpc)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        ProtoWriter writer = new();
        foreach (GossipSubscription subscription in rpc.Subscriptions)
        {
            ProtoWriter part = new();
            part.WriteVarint(1, subscription.IsSubscribed ? 1UL : 0);
            part.WriteString(2, subscription.Topic);
            writer.WriteBytes(1, part.Written.Span);
        }

        foreach (GossipMessage message in rpc.Messages)
        {
            writer.WriteBytes(2, message.Encoded.Span);
        }

        ProtoWriter control = WriteControl(rpc);
        if (control.Length > 0)
        {
            writer.WriteBytes(3, control.Written.Span);
        }

        return writer;
    }

    private static ProtoWriter WriteControl(GossipRpc rpc)
    {
        ProtoWriter writer = new();
        foreach (GossipIHave have in rpc.IHave)
        {
            ProtoWriter part = new();
            part.WriteString(1, have.Topic);
            WriteIds(part, 2, have.Ids);
            writer.WriteBytes(1, part.Written.Span);
        }

        WriteIdList(writer, 2, rpc.IWant);
        foreach (string topic in rpc.Graft)
        {
            ProtoWriter part = new();
            part.WriteString(1, topic);
            writer.WriteBytes(3, part.Written.Span);
        }

        foreach (GossipPrune prune in rpc.Prune)
        {
            writer.WriteBytes(4, WritePrune(prune).Written.Span);
        }

        WriteIdList(writer, 5, rpc.IDontWant);
        return writer;
    }

    private static ProtoWriter WritePrune(GossipPrune prune)
    {
        ProtoWriter writer = new();
        writer.WriteString(1, prune.Topic);
        foreach (GossipExchangedPeer peer in prune.Peers)
        {
            ProtoWriter part = new();
            part.WriteBytes(1, peer.Peer.Bytes);
            if (!peer.SignedRecord.IsEmpty)
            {
                part.WriteBytes(2, peer.SignedRecord.Span);
            }

            writer.WriteBytes(2, part.Written.Span);
        }

        if (prune.BackoffSeconds > 0)
        {
            writer.WriteVarint(3, prune.BackoffSeconds);
        }

        return writer;
    }

    private static void WriteIdList(ProtoWriter writer, int field, IReadOnlyList<GossipMessageId> ids)
    {
        if (ids.Count > 0)
        {
            ProtoWriter part = new();
            WriteIds(part, 1, ids);
            writer.WriteBytes(field, part.Written.Span);
        }
    }

    private static void WriteIds(ProtoWriter writer, int field, IReadOnlyList<GossipMessageId> ids)
    {
        foreach (GossipMessageId id in ids)
        {
            writer.WriteBytes(field, id.Bytes);
        }
    }
}
