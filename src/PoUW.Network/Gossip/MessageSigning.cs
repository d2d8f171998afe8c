using System.Buffers.Binary;
using PoUW.Core.Randomness;
using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>
/// Authors and signatures of messages (libp2p specification, pubsub, "Message Signing"). What is signed is the text "libp2p-pubsub:" and the
/// message with neither signature nor key, as go-libp2p and js-libp2p do it; the specification leaves out the signature alone. Any thread.
/// </summary>
internal sealed class MessageSigning
{
    private readonly IdentityKey? _key;
    private readonly IdentityVerifier _verifier;
    private long _sequence;

    public MessageSigning(IdentityKey? key, IdentityVerifier verifier, IRandomSource random)
    {
        (_key, _verifier) = (key, verifier);

        // Numbers must not repeat after a restart within the time that peers remember them.
        Span<byte> start = stackalloc byte[sizeof(long)];
        random.Fill(start);
        _sequence = BinaryPrimitives.ReadInt64BigEndian(start) & (long.MaxValue >> 1);
    }

    /// <summary>A message of this node, signed.</summary>
    public GossipMessage Sign(string topic, ReadOnlySpan<byte> data)
    {
        byte[] author = _key!.Id.Bytes.ToArray();
        byte[] sequence = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(sequence, Interlocked.Increment(ref _sequence));
        byte[] signature = _key.Sign(SignedBytes(topic, data, author, sequence));

        // The id of a secp256k1 key holds the key.
        return new GossipMessage(topic, data, author, sequence, signature) { IsVerified = true };
    }

    /// <summary>True if the author is a peer id, its key is known from it or carried, and the signature is the author's.</summary>
    public bool Verify(GossipMessage message) =>
        message is { Author: { } author, Sequence: { } sequence, Signature: { } signature }
        && PeerId.TryDecode(author, out PeerId id).IsValid
        && KeyOf(id, message.Key) is { } key
        && _verifier.Verify(key, SignedBytes(message.Topic, message.Data.Span, author, sequence), signature).IsValid;

    private static PublicKey? KeyOf(PeerId author, byte[]? carried)
    {
        if (carried is null)
        {
            return author.TryGetKey(out PublicKey? inlined) ? inlined : null;
        }

        return PublicKey.TryDecode(carried, out PublicKey? key).IsValid && PeerId.Of(key!) == author ? key : null;
    }

    private static byte[] SignedBytes(string topic, ReadOnlySpan<byte> data, byte[] author, byte[] sequence) =>
        [.. "libp2p-pubsub:"u8, .. new GossipMessage(topic, data, author, sequence).Encoded.Span];
}
