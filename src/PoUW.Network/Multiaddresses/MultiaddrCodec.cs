using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Multiaddresses;

/// <summary>The binary form: varint codes, each with a value of fixed length or with its length before it. Values are checked and made canonical.</summary>
internal static class MultiaddrCodec
{
    public static ValidationResult TryEncode(MultiaddrPart[] parts, out Multiaddr? address)
    {
        address = null;
        if (parts.Length is 0 or > Multiaddr.MaxParts)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(Multiaddr), $"{parts.Length} parts; allowed are 1 to {Multiaddr.MaxParts}.");
        }

        List<byte> bytes = [];
        MultiaddrPart[] canonical = new MultiaddrPart[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (ValueOf(parts[i]) is not { } value)
            {
                return ValidationResult.Fail(ValidationCode.Malformed, nameof(Multiaddr), $"'{parts[i].Value}' is not a value of {parts[i].Protocol}.");
            }

            AddNumber(bytes, (ulong)parts[i].Protocol);
            if (FixedLengthOf(parts[i].Protocol) is null)
            {
                AddNumber(bytes, (ulong)value.Length);
            }

            bytes.AddRange(value);
            canonical[i] = parts[i] with { Value = TextOf(parts[i].Protocol, value)! };
        }

        if (bytes.Count > Multiaddr.MaxBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(Multiaddr), $"{bytes.Count} bytes; at most {Multiaddr.MaxBytes}.");
        }

        address = new Multiaddr(canonical, [.. bytes]);
        return ValidationResult.Ok;
    }

    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out Multiaddr? address)
    {
        address = null;
        if (encoded.Length is 0 or > Multiaddr.MaxBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(Multiaddr), $"{encoded.Length} bytes; allowed are 1 to {Multiaddr.MaxBytes}.");
        }

        List<MultiaddrPart> parts = [];
        ReadOnlySpan<byte> rest = encoded;
        while (!rest.IsEmpty)
        {
            if (!TryTakeNumber(ref rest, out ulong code) || code > int.MaxValue || !Enum.IsDefined((MultiaddrProtocol)code))
            {
                return Malformed("it has a protocol that is not known.");
            }

            MultiaddrProtocol protocol = (MultiaddrProtocol)code;
            ulong length = (ulong)(FixedLengthOf(protocol) ?? 0);
            if ((FixedLengthOf(protocol) is null && !TryTakeNumber(ref rest, out length)) || length > (ulong)rest.Length)
            {
                return Malformed($"the value of {protocol} is cut off.");
            }

            if (parts.Count == Multiaddr.MaxParts || TextOf(protocol, rest[..(int)length]) is not { } value)
            {
                return Malformed($"the value of {protocol} is not one, or there are more than {Multiaddr.MaxParts} parts.");
            }

            parts.Add(new MultiaddrPart(protocol, value));
            rest = rest[(int)length..];
        }

        address = new Multiaddr([.. parts], encoded.ToArray());
        return ValidationResult.Ok;
    }

    private static int? FixedLengthOf(MultiaddrProtocol protocol) => protocol switch
    {
        MultiaddrProtocol.Ip4 => 4,
        MultiaddrProtocol.Ip6 => 16,
        MultiaddrProtocol.Tcp or MultiaddrProtocol.Udp => 2,
        _ when !MultiaddrText.HasValue(protocol) => 0,
        _ => null,
    };

    private static byte[]? ValueOf(MultiaddrPart part) => part.Protocol switch
    {
        MultiaddrProtocol.Ip4 => IpBytes(part.Value, AddressFamily.InterNetwork),
        MultiaddrProtocol.Ip6 => IpBytes(part.Value, AddressFamily.InterNetworkV6),
        MultiaddrProtocol.Tcp or MultiaddrProtocol.Udp => PortBytes(part.Value),
        MultiaddrProtocol.P2p => PeerId.TryParse(part.Value, out PeerId id).IsValid ? id.Bytes.ToArray() : null,
        _ when !MultiaddrText.HasValue(part.Protocol) => [],
        _ => IsName(part.Value) ? Encoding.ASCII.GetBytes(part.Value) : null,
    };

    private static string? TextOf(MultiaddrProtocol protocol, ReadOnlySpan<byte> value)
    {
        switch (protocol)
        {
            case MultiaddrProtocol.Ip4 or MultiaddrProtocol.Ip6:
                return new IPAddress(value).ToString();
            case MultiaddrProtocol.Tcp or MultiaddrProtocol.Udp:
                return BinaryPrimitives.ReadUInt16BigEndian(value).ToString(CultureInfo.InvariantCulture);
            case MultiaddrProtocol.P2p:
                return PeerId.TryDecode(value, out PeerId id).IsValid ? id.ToString() : null;
            case var _ when !MultiaddrText.HasValue(protocol):
                return "";
            default:
                // Byte by byte: a decoder of text would put a question mark where a byte is no ASCII.
                string name = Encoding.Latin1.GetString(value);
                return IsName(name) ? name : null;
        }
    }

    private static byte[]? IpBytes(string text, AddressFamily family)
    {
        // Scopes, brackets, and the octal, hexadecimal and abbreviated forms of IPv4 mean different things to different readers.
        bool isPlain = !text.AsSpan().ContainsAny("%[]") && IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == family
            && (family != AddressFamily.InterNetwork || address.ToString() == text);
        return isPlain ? IPAddress.Parse(text).GetAddressBytes() : null;
    }

    private static byte[]? PortBytes(string text)
    {
        if (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return null;
        }

        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, port);
        return bytes;
    }

    private static bool IsName(string value) => value.Length is > 0 and <= 255 && value.All(static c => c is > ' ' and <= '~' and not '/');

    private static void AddNumber(List<byte> bytes, ulong value)
    {
        Span<byte> encoded = stackalloc byte[10];
        bytes.AddRange(encoded[..Varint.Write(encoded, value)]);
    }

    private static bool TryTakeNumber(ref ReadOnlySpan<byte> source, out ulong value)
    {
        int length = Varint.TryRead(source, out value);
        source = length > 0 ? source[length..] : source;
        return length > 0;
    }

    private static ValidationResult Malformed(string message) => ValidationResult.Fail(ValidationCode.Malformed, nameof(Multiaddr), message);
}
