using System.Net;
using System.Net.Sockets;
using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Multiaddresses;

/// <summary>
/// An address that describes itself, such as <c>/ip4/127.0.0.1/tcp/4001/p2p/16Uiu2…</c> (multiformats, multiaddr). Immutable; equality and order
/// follow the canonical text.
/// </summary>
public sealed class Multiaddr : IEquatable<Multiaddr>, IComparable<Multiaddr>
{
    /// <summary>The longest binary form.</summary>
    public const int MaxBytes = 512;

    /// <summary>The longest text.</summary>
    public const int MaxTextLength = 1024;

    /// <summary>The most parts.</summary>
    public const int MaxParts = 16;

    private readonly MultiaddrPart[] _parts;
    private readonly byte[] _bytes;
    private readonly string _text;

    internal Multiaddr(MultiaddrPart[] parts, byte[] bytes)
    {
        (_parts, _bytes) = (parts, bytes);
        _text = MultiaddrText.Write(parts);
    }

    /// <summary>The parts, outermost first.</summary>
    public IReadOnlyList<MultiaddrPart> Parts => _parts;

    /// <summary>The binary form.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The peer that the address names at its end, if it does.</summary>
    public PeerId? Peer => _parts is [.., { Protocol: MultiaddrProtocol.P2p } last] && PeerId.TryParse(last.Value, out PeerId id).IsValid ? id : null;

    /// <summary>The name if this is an address in memory: a name and at most a peer at the end. Null for others.</summary>
    public string? MemoryName => WithoutPeer()._parts is [{ Protocol: MultiaddrProtocol.Memory } only] ? only.Value : null;

    /// <summary>A TCP address.</summary>
    public static Multiaddr Tcp(IPEndPoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        IPAddress address = endpoint.Address.IsIPv4MappedToIPv6 ? endpoint.Address.MapToIPv4() : endpoint.Address;
        string kind = address.AddressFamily == AddressFamily.InterNetworkV6 ? "ip6" : "ip4";

        // The scope of a link-local address has no place in this form.
        string host = address.ToString().Split('%')[0];
        return Parse(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/{kind}/{host}/tcp/{endpoint.Port}"));
    }

    /// <summary>An address in this process.</summary>
    /// <exception cref="FormatException">The name is empty, too long, or has a slash.</exception>
    public static Multiaddr Memory(string name) => Parse($"/memory/{name}");

    /// <summary>Reads the text of an address that the program itself or its operator wrote.</summary>
    /// <exception cref="FormatException">It is not one; the message says why.</exception>
    public static Multiaddr Parse(string text)
    {
        ValidationResult result = TryParse(text, out Multiaddr? address);
        return address ?? throw new FormatException($"'{text}' is no address: {result.Message}");
    }

    /// <summary>Reads a text.</summary>
    public static ValidationResult TryParse(string text, out Multiaddr? address)
    {
        ArgumentNullException.ThrowIfNull(text);
        ValidationResult result = MultiaddrText.TryRead(text, out MultiaddrPart[] parts);
        return result.IsValid ? MultiaddrCodec.TryEncode(parts, out address) : Fail(result, out address);
    }

    /// <summary>Reads a binary form.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out Multiaddr? address) => MultiaddrCodec.TryDecode(encoded, out address);

    /// <summary>The address with the peer at its end, instead of the one that it named.</summary>
    public Multiaddr WithPeer(PeerId peer) => Parse($"{WithoutPeer()}/p2p/{peer}");

    /// <summary>The address without the peer at its end.</summary>
    public Multiaddr WithoutPeer() =>
        _parts is [_, .., { Protocol: MultiaddrProtocol.P2p }] ? Parse(MultiaddrText.Write(_parts.AsSpan(0, _parts.Length - 1))) : this;

    /// <summary>
    /// Host and port if this is an address of plain TCP: an IP address or a name, a port, and at most a peer at the end.
    /// </summary>
    public bool TryGetTcp(out MultiaddrPart host, out int port)
    {
        bool isTcp = IsHost(_parts[0].Protocol)
            && _parts is ([_, { Protocol: MultiaddrProtocol.Tcp }] or [_, { Protocol: MultiaddrProtocol.Tcp }, { Protocol: MultiaddrProtocol.P2p }]);
        (host, port) = isTcp ? (_parts[0], int.Parse(_parts[1].Value, System.Globalization.CultureInfo.InvariantCulture)) : (default, 0);
        return isTcp;
    }

    /// <summary>The IP address that the address begins with, or null.</summary>
    public IPAddress? IpAddress => _parts is [{ Protocol: MultiaddrProtocol.Ip4 or MultiaddrProtocol.Ip6 } first, ..] ? IPAddress.Parse(first.Value) : null;

    /// <inheritdoc/>
    public int CompareTo(Multiaddr? other) => string.CompareOrdinal(_text, other?._text);

    /// <inheritdoc/>
    public bool Equals(Multiaddr? other) => other is not null && string.Equals(_text, other._text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Multiaddr);

    /// <inheritdoc/>
    public override int GetHashCode() => PeerId.HashOf(_bytes);

    /// <summary>The canonical text.</summary>
    public override string ToString() => _text;

    /// <summary>Same text.</summary>
    public static bool operator ==(Multiaddr? left, Multiaddr? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Other text.</summary>
    public static bool operator !=(Multiaddr? left, Multiaddr? right) => !(left == right);

    private static bool IsHost(MultiaddrProtocol protocol) => protocol is MultiaddrProtocol.Ip4 or MultiaddrProtocol.Ip6 or MultiaddrProtocol.Dns
        or MultiaddrProtocol.Dns4 or MultiaddrProtocol.Dns6;

    private static ValidationResult Fail(ValidationResult result, out Multiaddr? address)
    {
        address = null;
        return result;
    }
}
