using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Discovery;

/// <summary>
/// The stored form of a peer of the address book: the version (one byte, 1), then protobuf { 1 id, 2 address (repeated), 3 record,
/// 4 record sequence, 5 source group }, an address being { 1 address, 2 source, 3 last seen, 4 last success, 5 last failure, 6 failures }.
/// Numbers that are 0 and texts that are empty are left out.
/// </summary>
public static class AddressBookCodec
{
    /// <summary>The version that is written and read.</summary>
    public const byte Version = 1;

    /// <summary>The longest encoding that is read.</summary>
    public const int MaxEncodedBytes = 64 * 1024;

    /// <summary>The most addresses that are read.</summary>
    public const int MaxAddresses = 64;

    private const int MaxGroupLength = 256;
    private const int MaxAddressFields = 8;
    private const int MaxFields = MaxAddresses + 8;

    /// <summary>Encodes a peer.</summary>
    public static byte[] Encode(KnownPeer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ProtoWriter writer = new();
        writer.WriteBytes(1, peer.Id.Bytes);
        foreach (KnownAddress address in peer.Addresses)
        {
            writer.WriteBytes(2, Encode(address).Span);
        }

        if (!peer.Record.IsEmpty)
        {
            writer.WriteBytes(3, peer.Record.Span);
        }

        if (peer.RecordSequence > 0)
        {
            writer.WriteVarint(4, peer.RecordSequence);
        }

        if (peer.SourceGroup.Length > 0)
        {
            writer.WriteString(5, peer.SourceGroup);
        }

        return [Version, .. writer.Written.Span];
    }

    /// <summary>Reads an encoding. Never throws.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out KnownPeer? peer)
    {
        peer = null;
        if (encoded.Length is 0 or > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(KnownPeer), $"{encoded.Length} bytes; allowed are 1 to {MaxEncodedBytes}.");
        }

        if (encoded[0] != Version)
        {
            return ValidationResult.Fail(ValidationCode.WrongVersion, nameof(Version), $"Version {encoded[0]}; only {Version} is known.");
        }

        Draft draft = default;
        ProtoReader reader = new(encoded[1..], MaxFields);
        while (reader.Next())
        {
            if (ReadField(ref reader, ref draft) is { IsValid: false } bad)
            {
                return bad;
            }
        }

        if (reader.IsMalformed || draft.Id.IsNone)
        {
            return Malformed(nameof(KnownPeer), "A stored peer is a message with an id.");
        }

        peer = new KnownPeer(draft.Id, draft.Addresses ?? [], draft.Record, draft.Sequence, draft.Group ?? "");
        return ValidationResult.Ok;
    }

    private static ValidationResult ReadField(ref ProtoReader reader, ref Draft draft)
    {
        switch (reader.Field)
        {
            case 1:
                return PeerId.TryDecode(reader.Bytes, out draft.Id);
            case 2:
                ValidationResult result = TryDecodeAddress(reader.Bytes, out KnownAddress? address);
                draft.Addresses ??= [];
                if (address is null || draft.Addresses.Count == MaxAddresses)
                {
                    return address is null ? result : Malformed(nameof(KnownPeer.Addresses), $"More than {MaxAddresses} addresses.");
                }

                draft.Addresses.Add(address);
                return ValidationResult.Ok;
            case 3:
                draft.Record = reader.Bytes.ToArray();
                return ValidationResult.Ok;
            case 4:
                draft.Sequence = reader.Varint;
                return ValidationResult.Ok;
            case 5 when reader.Bytes.Length > MaxGroupLength:
                return ValidationResult.Fail(ValidationCode.TooLarge, nameof(KnownPeer.SourceGroup), $"More than {MaxGroupLength} bytes.");
            case 5:
                draft.Group = reader.ReadString();
                return ValidationResult.Ok;
            default:
                return ValidationResult.Ok;
        }
    }

    private static ReadOnlyMemory<byte> Encode(KnownAddress known)
    {
        ProtoWriter writer = new();
        writer.WriteBytes(1, known.Address.Bytes);
        WriteNumber(writer, 2, (long)known.Source);
        WriteNumber(writer, 3, known.LastSeenSeconds);
        WriteNumber(writer, 4, known.LastSuccessSeconds);
        WriteNumber(writer, 5, known.LastFailureSeconds);
        WriteNumber(writer, 6, known.Failures);
        return writer.Written;
    }

    private static void WriteNumber(ProtoWriter writer, int field, long value)
    {
        if (value > 0)
        {
            writer.WriteVarint(field, (ulong)value);
        }
    }

    private static ValidationResult TryDecodeAddress(ReadOnlySpan<byte> encoded, out KnownAddress? known)
    {
        known = null;
        Multiaddr? address = null;
        Span<ulong> numbers = stackalloc ulong[7];
        numbers.Clear();
        ProtoReader reader = new(encoded, MaxAddressFields);
        while (reader.Next())
        {
            if (reader.Field == 1 && !Multiaddr.TryDecode(reader.Bytes, out address).IsValid)
            {
                return Malformed(nameof(KnownAddress.Address), "The address is not one.");
            }

            if (reader.Field is > 1 and <= 6)
            {
                numbers[reader.Field] = reader.Varint;
            }
        }

        if (reader.IsMalformed || address is null)
        {
            return Malformed(nameof(KnownAddress), "A stored address is a message with an address.");
        }

        if (numbers[2] > (ulong)AddressSource.Dialed || numbers[6] > int.MaxValue || numbers[3..6].ContainsAnyExceptInRange<ulong>(0, long.MaxValue))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(KnownAddress), "A number of the address is out of range.");
        }

        known = new KnownAddress(address, (AddressSource)numbers[2], (long)numbers[3], (long)numbers[4], (long)numbers[5], (int)numbers[6]);
        return ValidationResult.Ok;
    }

    private static ValidationResult Malformed(string field, string message) => ValidationResult.Fail(ValidationCode.Malformed, field, message);

    private ref struct Draft
    {
        public PeerId Id;
        public List<KnownAddress>? Addresses;
        public byte[]? Record;
        public ulong Sequence;
        public string? Group;
    }
}
