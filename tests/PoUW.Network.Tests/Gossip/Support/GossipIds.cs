using System.Buffers.Binary;
using PoUW.Network.Gossip;
using PoUW.Network.Identity;

namespace PoUW.Network.Tests.Gossip.Support;

/// <summary>Peer ids, messages and ids of messages that tests make up.</summary>
internal static class GossipIds
{
    /// <summary>A well-formed id whose order is that of the numbers.</summary>
    public static PeerId Peer(int number)
    {
        byte[] bytes = [0, 4, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(2), number);
        Assert.That(PeerId.TryDecode(bytes, out PeerId id).IsValid, Is.True);
        return id;
    }

    public static GossipMessageId MessageId(int number)
    {
        byte[] bytes = new byte[32];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return new GossipMessageId(bytes);
    }

    public static GossipMessage Message(string topic, int number, int length = 16)
    {
        byte[] data = new byte[length];
        BinaryPrimitives.WriteInt32BigEndian(data, number);
        return new GossipMessage(topic, data);
    }
}
