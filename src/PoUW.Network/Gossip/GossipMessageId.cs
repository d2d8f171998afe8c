using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>The id of a message: bytes that all nodes derive in the same way. Ordering follows the bytes. The default value is no id.</summary>
public readonly struct GossipMessageId : IEquatable<GossipMessageId>, IComparable<GossipMessageId>
{
    private readonly byte[]? _bytes;

    /// <summary>An id of bytes; copied.</summary>
    public GossipMessageId(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <inheritdoc/>
    public int CompareTo(GossipMessageId other) => Bytes.SequenceCompareTo(other.Bytes);

    /// <inheritdoc/>
    public bool Equals(GossipMessageId other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GossipMessageId other && Equals(other);

    /// <summary>A hash code from content. Peers choose ids: tables of them take a <see cref="MessageIdComparer"/>.</summary>
    public override int GetHashCode() => PeerId.HashOf(Bytes);

    /// <summary>Hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Bytes);

    /// <summary>Same bytes.</summary>
    public static bool operator ==(GossipMessageId left, GossipMessageId right) => left.Equals(right);

    /// <summary>Other bytes.</summary>
    public static bool operator !=(GossipMessageId left, GossipMessageId right) => !left.Equals(right);

    /// <summary>Byte order.</summary>
    public static bool operator <(GossipMessageId left, GossipMessageId right) => left.CompareTo(right) < 0;

    /// <summary>Byte order.</summary>
    public static bool operator >(GossipMessageId left, GossipMessageId right) => left.CompareTo(right) > 0;

    /// <summary>Byte order.</summary>
    public static bool operator <=(GossipMessageId left, GossipMessageId right) => left.CompareTo(right) <= 0;

    /// <summary>Byte order.</summary>
    public static bool operator >=(GossipMessageId left, GossipMessageId right) => left.CompareTo(right) >= 0;
}
