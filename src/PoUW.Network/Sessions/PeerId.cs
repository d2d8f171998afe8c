using PoUW.Core.Primitives;

namespace PoUW.Network.Sessions;

/// <summary>
/// The name of a node in sessions: 32 random bytes, or the hash of a key that the host picked. Today it is a claim that the session
/// does not prove; ordering follows the bytes.
/// </summary>
/// <param name="Value">The 32 bytes.</param>
public readonly record struct PeerId(Hash256 Value) : IComparable<PeerId>
{
    /// <inheritdoc/>
    public int CompareTo(PeerId other) => Value.CompareTo(other.Value);

    /// <summary>The first eight hexadecimal digits.</summary>
    public override string ToString() => Value.ToShortString();

    /// <summary>Byte order.</summary>
    public static bool operator <(PeerId left, PeerId right) => left.CompareTo(right) < 0;

    /// <summary>Byte order.</summary>
    public static bool operator >(PeerId left, PeerId right) => left.CompareTo(right) > 0;

    /// <summary>Byte order.</summary>
    public static bool operator <=(PeerId left, PeerId right) => left.CompareTo(right) <= 0;

    /// <summary>Byte order.</summary>
    public static bool operator >=(PeerId left, PeerId right) => left.CompareTo(right) >= 0;
}
