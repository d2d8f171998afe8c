using PoUW.Core.Primitives;

namespace PoUW.Core.Cryptography;

/// <summary>
/// Verifies signatures of one algorithm. Nothing about the input is trusted: keys, hashes and signatures come from strangers, and any
/// byte may be wrong. Implementations are thread-safe, never throw on bad input, and call nothing back.
/// </summary>
public interface ISignatureScheme
{
    /// <summary>The scheme byte of the transaction envelope.</summary>
    byte Id { get; }

    /// <summary>True if the signature fits the hash and the key.</summary>
    /// <param name="publicKey">33 bytes.</param>
    /// <param name="hash">What was signed.</param>
    /// <param name="signature">64 bytes.</param>
    bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature);

    /// <summary>The account of a public key.</summary>
    /// <returns>False if the bytes are not a public key of this scheme.</returns>
    bool TryGetAddress(ReadOnlySpan<byte> publicKey, out Address address);

    /// <summary>
    /// True if the signature fits the hash and the key; gives the key's account too. An implementation that reads the key once for both
    /// replaces this.
    /// </summary>
    /// <param name="publicKey">33 bytes.</param>
    /// <param name="hash">What was signed.</param>
    /// <param name="signature">64 bytes.</param>
    /// <param name="signer">The account of the key; zero if the signature does not fit.</param>
    bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature, out Address signer)
    {
        if (TryGetAddress(publicKey, out signer) && Verify(publicKey, hash, signature))
        {
            return true;
        }

        signer = default;
        return false;
    }
}
