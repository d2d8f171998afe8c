using System.Diagnostics.CodeAnalysis;
using PoUW.Core.Primitives;

namespace PoUW.Core.Cryptography;

/// <summary>
/// ECDSA over secp256k1 by libsecp256k1, where the machine has it (Debian: libsecp256k1-1). It accepts and refuses exactly what
/// <see cref="Secp256k1Scheme"/> does and is about twenty times faster. Thread-safe. The library is native code of the machine: whoever can
/// replace it can make this node accept any signature, like whoever can replace the runtime.
/// </summary>
public sealed class NativeSecp256k1Scheme : ISignatureScheme
{
    private readonly Secp256k1Library _library;

    private NativeSecp256k1Scheme(Secp256k1Library library)
    {
        _library = library;
    }

    /// <inheritdoc/>
    public byte Id => Secp256k1Scheme.SchemeId;

    /// <summary>Loads the library and checks it with a known signature. Every instance has a context of its own.</summary>
    /// <returns>False if the machine has no library, or one that fails the check.</returns>
    public static bool TryCreate([NotNullWhen(true)] out NativeSecp256k1Scheme? scheme)
    {
        Secp256k1Library? library = Secp256k1Library.TryLoad();
        scheme = library is null ? null : new NativeSecp256k1Scheme(library);
        scheme = scheme is not null && scheme.PassesSelfTest() ? scheme : null;
        return scheme is not null;
    }

    /// <inheritdoc/>
    public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature)
    {
        Span<byte> key = stackalloc byte[Secp256k1Library.ParsedSize];
        return TryParse(publicKey, key) && VerifyParsed(key, hash, signature);
    }

    /// <inheritdoc/>
    public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature, out Address signer)
    {
        Span<byte> key = stackalloc byte[Secp256k1Library.ParsedSize];
        bool valid = TryParse(publicKey, key) && VerifyParsed(key, hash, signature);
        signer = valid ? AddressOf(key) : default;
        return valid;
    }

    /// <inheritdoc/>
    public bool TryGetAddress(ReadOnlySpan<byte> publicKey, out Address address)
    {
        Span<byte> key = stackalloc byte[Secp256k1Library.ParsedSize];
        bool valid = TryParse(publicKey, key);
        address = valid ? AddressOf(key) : default;
        return valid;
    }

    /// <summary>Signs with the nonce of RFC 6979: one hash has one signature. r and s, 32 bytes each, with the lower s.</summary>
    /// <param name="privateKey">32 bytes.</param>
    /// <param name="hash">What is signed.</param>
    /// <param name="signature">Receives 64 bytes.</param>
    /// <returns>False if the bytes are not a private key.</returns>
    /// <exception cref="ArgumentException"><paramref name="signature"/> is too short.</exception>
    public bool TrySign(ReadOnlySpan<byte> privateKey, Hash256 hash, Span<byte> signature)
    {
        if (signature.Length < Secp256k1Scheme.SignatureSize)
        {
            throw new ArgumentException($"A signature needs {Secp256k1Scheme.SignatureSize} bytes, not {signature.Length}.", nameof(signature));
        }

        Span<byte> digest = stackalloc byte[Hash256.Size];
        hash.CopyTo(digest);
        return privateKey.Length == KeyPair.PrivateKeySize && _library.TrySign(privateKey, digest, signature);
    }

    /// <summary>The compressed public key of a private key, and its address.</summary>
    internal bool TryGetPublicKey(ReadOnlySpan<byte> privateKey, Span<byte> compressed, out Address address)
    {
        Span<byte> key = stackalloc byte[Secp256k1Library.ParsedSize];
        Span<byte> point = stackalloc byte[Secp256k1Point.UncompressedSize];
        if (privateKey.Length != KeyPair.PrivateKeySize || !_library.TryCreateKey(privateKey, key))
        {
            address = default;
            return false;
        }

        _library.WritePoint(key, point);
        Secp256k1Point.Compress(point, compressed);
        address = Secp256k1Point.ToAddress(point);
        return true;
    }

    // The library would take keys of 65 bytes and of the "hybrid" form too.
    private bool TryParse(ReadOnlySpan<byte> publicKey, Span<byte> key) =>
        publicKey.Length == Secp256k1Scheme.PublicKeySize && _library.TryParseKey(publicKey, key);

    private bool VerifyParsed(Span<byte> key, Hash256 hash, ReadOnlySpan<byte> signature)
    {
        Span<byte> digest = stackalloc byte[Hash256.Size];
        hash.CopyTo(digest);
        return signature.Length == Secp256k1Scheme.SignatureSize && _library.Verify(key, digest, signature);
    }

    private Address AddressOf(Span<byte> key)
    {
        Span<byte> point = stackalloc byte[Secp256k1Point.UncompressedSize];
        _library.WritePoint(key, point);
        return Secp256k1Point.ToAddress(point);
    }

    /// <summary>The key 1 signs, the signature is verified, its high twin and a changed one are not.</summary>
    private bool PassesSelfTest()
    {
        Span<byte> privateKey = stackalloc byte[KeyPair.PrivateKeySize];
        privateKey.Clear();
        privateKey[^1] = 1;
        Span<byte> publicKey = stackalloc byte[Secp256k1Scheme.PublicKeySize];
        Span<byte> signature = stackalloc byte[Secp256k1Scheme.SignatureSize];
        Hash256 hash = Hash256.Sha256("PoUW/self-test"u8);
        if (!TryGetPublicKey(privateKey, publicKey, out Address address) || !TrySign(privateKey, hash, signature))
        {
            return false;
        }

        bool accepted = Verify(publicKey, hash, signature, out Address signer) && signer == address && new Secp256k1Scheme().Verify(publicKey, hash, signature);
        Secp256k1Scheme.Negate(signature[32..]);
        bool acceptedHigh = Verify(publicKey, hash, signature);
        Secp256k1Scheme.Negate(signature[32..]);
        signature[0] ^= 1;
        return accepted && !acceptedHigh && !Verify(publicKey, hash, signature);
    }
}
