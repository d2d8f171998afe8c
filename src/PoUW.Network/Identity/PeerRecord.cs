using PoUW.Core.Validation;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Identity;

/// <summary>
/// Where a peer says that it listens (libp2p RFC 0003), to be passed on by others in an envelope that the peer signed. The signature proves who
/// says it, not that it is true. Of two records of a peer the one with the higher sequence is valid. Immutable.
/// </summary>
/// <param name="Peer">The peer.</param>
/// <param name="Sequence">Grows with every new record of the peer; a Unix time by custom, but not to be read as one.</param>
/// <param name="Addresses">Where it listens.</param>
public sealed record PeerRecord(PeerId Peer, ulong Sequence, IReadOnlyList<Multiaddr> Addresses)
{
    /// <summary>The purpose for which records are signed.</summary>
    public const string Domain = "libp2p-peer-record";

    /// <summary>The most addresses that a record has.</summary>
    public const int MaxAddresses = 64;

    /// <summary>The longest record that is read.</summary>
    public const int MaxBytes = 8 * 1024;

    private const int MaxFields = MaxAddresses + 16;

    /// <summary>The type of the payload: the multicodec 0x0301 in the two bytes that all implementations write.</summary>
    public static ReadOnlySpan<byte> PayloadType => [0x03, 0x01];

    /// <summary>Reads a record. Addresses of protocols that are not known here are left out. Never throws on bad input.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out PeerRecord? record)
    {
        record = null;
        if (encoded.Length > MaxBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(PeerRecord), $"{encoded.Length} bytes; at most {MaxBytes}.");
        }

        ProtoReader reader = new(encoded, MaxFields);
        ReadOnlySpan<byte> id = default;
        ulong sequence = 0;
        int count = 0;
        List<Multiaddr> addresses = [];
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    id = reader.Bytes;
                    break;
                case 2:
                    sequence = reader.Varint;
                    break;
                case 3 when ++count > MaxAddresses:
                    return ValidationResult.Fail(ValidationCode.TooLarge, nameof(Addresses), $"More than {MaxAddresses} addresses.");
                case 3 when !TryAdd(reader.Bytes, addresses):
                    return Malformed();
                default:
                    break;
            }
        }

        ValidationResult result = reader.IsMalformed ? Malformed() : PeerId.TryDecode(id, out _);
        if (result.IsValid)
        {
            PeerId.TryDecode(id, out PeerId peer);
            record = new PeerRecord(peer, sequence, addresses);
        }

        return result;
    }

    /// <summary>Reads and verifies an envelope with a record of the peer that signed it. Never throws on bad input.</summary>
    /// <param name="envelope">Bytes of anybody.</param>
    /// <param name="verifier">Verifies the signature.</param>
    /// <param name="record">The record, or null.</param>
    public static ValidationResult TryOpen(ReadOnlySpan<byte> envelope, IdentityVerifier verifier, out PeerRecord? record)
    {
        record = null;
        ValidationResult result = SignedEnvelope.TryOpen(envelope, Domain, PayloadType, verifier, out SignedEnvelope? opened);
        if (!result.IsValid)
        {
            return result;
        }

        result = TryDecode(opened!.Payload.Span, out PeerRecord? read);
        if (result.IsValid && read!.Peer != opened.Signer)
        {
            return ValidationResult.Fail(ValidationCode.NotAllowed, nameof(Peer), $"{opened.Signer} signed a record of {read.Peer}.");
        }

        record = read;
        return result;
    }

    /// <summary>Signs a record of the key's own peer.</summary>
    /// <returns>The encoded envelope.</returns>
    /// <exception cref="ArgumentException">More than <see cref="MaxAddresses"/> addresses, or a record longer than <see cref="MaxBytes"/>.</exception>
    public static byte[] Seal(IdentityKey key, ulong sequence, IReadOnlyList<Multiaddr> addresses)
    {
        byte[] encoded = new PeerRecord(key.Id, sequence, addresses).Encode();
        if (addresses.Count > MaxAddresses || encoded.Length > MaxBytes)
        {
            throw new ArgumentException($"{addresses.Count} addresses in {encoded.Length} bytes; at most {MaxAddresses} in {MaxBytes}.", nameof(addresses));
        }

        return SignedEnvelope.Seal(key, Domain, PayloadType, encoded).Encode();
    }

    /// <summary>The protobuf encoding.</summary>
    public byte[] Encode()
    {
        ProtoWriter writer = new();
        writer.WriteBytes(1, Peer.Bytes);
        writer.WriteVarint(2, Sequence);
        foreach (Multiaddr address in Addresses)
        {
            ProtoWriter info = new();
            info.WriteBytes(1, address.Bytes);
            writer.WriteBytes(3, info.Written.Span);
        }

        return writer.ToArray();
    }

    private static bool TryAdd(ReadOnlySpan<byte> info, List<Multiaddr> addresses)
    {
        ProtoReader reader = new(info, 4);
        while (reader.Next())
        {
            if (reader.Field == 1 && Multiaddr.TryDecode(reader.Bytes, out Multiaddr? address).IsValid)
            {
                addresses.Add(address!);
            }
        }

        return !reader.IsMalformed;
    }

    private static ValidationResult Malformed() =>
        ValidationResult.Fail(ValidationCode.Malformed, nameof(PeerRecord), "Not a message, or one with too many fields.");
}
