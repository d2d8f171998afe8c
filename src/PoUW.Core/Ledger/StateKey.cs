using System.Text;
using PoUW.Core.Primitives;

namespace PoUW.Core.Ledger;

/// <summary>
/// The key of a flat record: a module name, a record kind, and an identifier. Text form "module/kind/" followed by the identifier's
/// bytes; the state tree stores it under the SHA-256 of those bytes.
/// </summary>
public readonly record struct StateKey
{
    /// <summary>Longest key in bytes.</summary>
    public const int MaxLength = 128;

    private readonly byte[] _bytes;

    private StateKey(byte[] bytes) => _bytes = bytes;

    /// <summary>The key's bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Builds a key.</summary>
    /// <exception cref="ArgumentException">The key is longer than <see cref="MaxLength"/>.</exception>
    public static StateKey Create(string module, string kind, ReadOnlySpan<byte> id)
    {
        byte[] bytes = [.. Encoding.ASCII.GetBytes(module + "/" + kind + "/"), .. id];
        return bytes.Length <= MaxLength
            ? new StateKey(bytes)
            : throw new ArgumentException($"A state key has at most {MaxLength} bytes, not {bytes.Length}.", nameof(id));
    }

    /// <summary>Where the record sits in the state tree.</summary>
    public Hash256 Path => Hash256.Sha256(_bytes);

    /// <inheritdoc/>
    public bool Equals(StateKey other) => _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override int GetHashCode() => Path.GetHashCode();
}
