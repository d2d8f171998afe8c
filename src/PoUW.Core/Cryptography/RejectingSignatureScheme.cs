using PoUW.Core.Primitives;

namespace PoUW.Core.Cryptography;

/// <summary>Knows no key and accepts no signature: the do-nothing scheme.</summary>
public sealed class RejectingSignatureScheme : ISignatureScheme
{
    /// <inheritdoc/>
    public byte Id => 0;

    /// <inheritdoc/>
    public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature) => false;

    /// <inheritdoc/>
    public bool TryGetAddress(ReadOnlySpan<byte> publicKey, out Address address)
    {
        address = default;
        return false;
    }
}
