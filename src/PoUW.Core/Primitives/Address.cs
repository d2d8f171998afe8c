using System.Buffers.Binary;

namespace PoUW.Core.Primitives;

/// <summary>A 20-byte account address: the last 20 bytes of Keccak-256 of the uncompressed secp256k1 public key, as in Ethereum.</summary>
public readonly struct Address : IEquatable<Address>, IComparable<Address>
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 20;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly uint _c;

    /// <summary>Reads an address from exactly 20 bytes.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 20 bytes long.</exception>
    public Address(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"An address is {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    /// <summary>The address whose bytes are all zero. No key is known for it.</summary>
    public static Address Zero => default;

    /// <summary>
    /// The address of an account that belongs to a ledger module and has no key: the last 20 bytes of
    /// SHA-256("PoUW/module" || name || id).
    /// </summary>
    public static Address ForModule(string name, ReadOnlySpan<byte> id)
    {
        byte[] label = System.Text.Encoding.ASCII.GetBytes("PoUW/module" + name);
        byte[] preimage = [.. label, .. id];
        Span<byte> digest = stackalloc byte[Hash256.Size];
        Hash256.Sha256(preimage).CopyTo(digest);
        return new Address(digest[12..]);
    }

    /// <summary>Writes the 20 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], _c);
    }

    /// <summary>The 20 bytes in a new array.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public bool Equals(Address other) => _a == other._a && _b == other._b && _c == other._c;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Address other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => unchecked((int)(_a ^ (_b >> 32) ^ _c));

    /// <inheritdoc/>
    public int CompareTo(Address other)
    {
        int order = _a.CompareTo(other._a);
        order = order != 0 ? order : _b.CompareTo(other._b);
        return order != 0 ? order : _c.CompareTo(other._c);
    }

    /// <summary>0x and 40 hexadecimal digits with the mixed-case checksum of EIP-55.</summary>
    public override string ToString() => AddressText.Format(this);

    /// <summary>Equality of all bytes.</summary>
    public static bool operator ==(Address left, Address right) => left.Equals(right);

    /// <summary>Inequality of any byte.</summary>
    public static bool operator !=(Address left, Address right) => !left.Equals(right);

    /// <summary>Byte order.</summary>
    public static bool operator <(Address left, Address right) => left.CompareTo(right) < 0;

    /// <summary>Byte order.</summary>
    public static bool operator >(Address left, Address right) => left.CompareTo(right) > 0;

    /// <summary>Byte order.</summary>
    public static bool operator <=(Address left, Address right) => left.CompareTo(right) <= 0;

    /// <summary>Byte order.</summary>
    public static bool operator >=(Address left, Address right) => left.CompareTo(right) >= 0;
}
