using System.Security.Cryptography;
using System.Text;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Gossip;

/// <summary>The two usual ways to name messages.</summary>
public static class GossipMessageIds
{
    /// <summary>
    /// SHA-256 of the length of the topic in bytes (a varint), the topic in UTF-8, and the payload: copies collapse, whoever sends them. The
    /// default without signatures.
    /// </summary>
    public static GossipMessageId ByContent(GossipMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        byte[] topic = Encoding.UTF8.GetBytes(message.Topic);
        Span<byte> prefix = stackalloc byte[Varint.MaxBytes];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(prefix[..Varint.Write(prefix, (ulong)topic.Length)]);
        hash.AppendData(topic);
        hash.AppendData(message.Data.Span);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return new GossipMessageId(digest);
    }

    /// <summary>
    /// Author and sequence number, one after the other (libp2p specification, pubsub, "Message Identification"). The default with signatures.
    /// </summary>
    public static GossipMessageId ByAuthor(GossipMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return new GossipMessageId([.. message.Author ?? [], .. message.Sequence ?? []]);
    }

    internal static Func<GossipMessage, GossipMessageId> Of(GossipOptions options) =>
        options.MessageId ?? (options.SignaturePolicy == GossipSignaturePolicy.StrictSign ? ByAuthor : ByContent);
}
