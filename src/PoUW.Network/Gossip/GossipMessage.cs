using System.Text;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Gossip;

/// <summary>
/// A message of a topic as it travels (libp2p specification, pubsub, "The Message"). Immutable. It holds its own encoding, which is canonical:
/// the fields in the order of their numbers, unknown ones left out.
/// </summary>
public sealed class GossipMessage
{
    private const int MaxTagAndLength = 1 + Varint.MaxBytes;

    /// <summary>A message of copied parts; null leaves a field out.</summary>
    public GossipMessage(
        string topic, ReadOnlySpan<byte> data, byte[]? author = null, byte[]? sequence = null, byte[]? signature = null, byte[]? key = null)
    {
        ArgumentNullException.ThrowIfNull(topic);
        Topic = topic;
        (Author, Sequence, Signature, Key) = (author, sequence, signature, key);
        Encoded = Encode(topic, data, author, sequence, signature, key, out int dataOffset);
        Data = Encoded.Slice(dataOffset, data.Length);
    }

    /// <summary>The topic.</summary>
    public string Topic { get; }

    /// <summary>The payload.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>The bytes of the peer id of the author ("from"), or null.</summary>
    public byte[]? Author { get; }

    /// <summary>The author's number of the message ("seqno"): 8 bytes, or null.</summary>
    public byte[]? Sequence { get; }

    /// <summary>The author's signature, or null.</summary>
    public byte[]? Signature { get; }

    /// <summary>The author's public key as <c>PublicKey.Encode</c> gives it, where its id does not hold it, or null.</summary>
    public byte[]? Key { get; }

    /// <summary>The encoding.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>The id, once it was derived.</summary>
    internal GossipMessageId Id { get; set; }

    /// <summary>Whether its sender may send it now, once that was charged.</summary>
    internal bool? IsWithinBudget { get; set; }

    /// <summary>True once author and signature are known to be right.</summary>
    internal bool IsVerified { get; set; }

    private static byte[] Encode(
        string topic, ReadOnlySpan<byte> data, byte[]? author, byte[]? sequence, byte[]? signature, byte[]? key, out int dataOffset)
    {
        byte[] name = Encoding.UTF8.GetBytes(topic);
        int size = (6 * MaxTagAndLength) + data.Length + name.Length
            + (author?.Length ?? 0) + (sequence?.Length ?? 0) + (signature?.Length ?? 0) + (key?.Length ?? 0);
        byte[] encoded = new byte[size];
        int position = 0;
        Append(encoded, ref position, 1, author);
        Append(encoded, ref position, 2, data);
        dataOffset = position - data.Length;
        Append(encoded, ref position, 3, sequence);
        Append(encoded, ref position, 4, name);
        Append(encoded, ref position, 5, signature);
        Append(encoded, ref position, 6, key);
        return encoded[..position];
    }

    private static void Append(byte[] encoded, ref int position, int field, byte[]? value)
    {
        if (value is not null)
        {
            Append(encoded, ref position, field, value.AsSpan());
        }
    }

    private static void Append(byte[] encoded, ref int position, int field, ReadOnlySpan<byte> value)
    {
        const int BytesWire = 2;
        encoded[position++] = (byte)((field << 3) | BytesWire);
        position += Varint.Write(encoded.AsSpan(position), (ulong)value.Length);
        value.CopyTo(encoded.AsSpan(position));
        position += value.Length;
    }
}
