using System.Security.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;

namespace PoUW.Core.Cryptography;

/// <summary>
/// A secp256k1 private key with its public key and address. Signing draws its nonce inside the platform, so two signatures of one hash
/// differ; transaction ids do not cover signatures. Thread-safe until disposed.
/// </summary>
public sealed class KeyPair : IDisposable
{
    /// <summary>Bytes of a private key.</summary>
    public const int PrivateKeySize = 32;

    private readonly ECDsa _key;
    private readonly byte[] _publicKey;
    private readonly Lock _gate = new();

    private KeyPair(ECDsa key)
    {
        _key = key;
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        _publicKey = Secp256k1Point.Compress(point);
        Address = Secp256k1Point.ToAddress(point);
    }

    /// <summary>The account that this key controls.</summary>
    public Address Address { get; }

    /// <summary>The compressed public key, 33 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>Draws a key. A seeded source always gives the same key.</summary>
    public static KeyPair Generate(IRandomSource random)
    {
        byte[] candidate = new byte[PrivateKeySize];
        do
        {
            random.Fill(candidate);
        }
        while (!IsPrivateKey(candidate));

        KeyPair pair = FromPrivateKey(candidate);
        CryptographicOperations.ZeroMemory(candidate);
        return pair;
    }

    /// <summary>Takes a private key of 32 big-endian bytes.</summary>
    /// <exception cref="ArgumentException">The number is not between 1 and the curve's order minus 1.</exception>
    public static KeyPair FromPrivateKey(ReadOnlySpan<byte> privateKey)
    {
        if (!IsPrivateKey(privateKey))
        {
            throw new ArgumentException("A private key is 32 bytes with a value from 1 to the curve's order minus 1.", nameof(privateKey));
        }

        byte[] copy = privateKey.ToArray();
        KeyPair pair = new(ECDsa.Create(new ECParameters { Curve = Secp256k1Point.Curve, D = copy }));
        CryptographicOperations.ZeroMemory(copy);
        return pair;
    }

    /// <summary>Signs a hash: r and s, 32 bytes each, with the lower s.</summary>
    public byte[] Sign(Hash256 hash)
    {
        byte[] signature;
        lock (_gate)
        {
            signature = _key.SignHash(hash.ToArray());
        }

        Secp256k1Scheme.NormaliseLow(signature.AsSpan(32));
        return signature;
    }

    /// <summary>The private key, for a key store. The caller must clear the array.</summary>
    public byte[] ExportPrivateKey()
    {
        lock (_gate)
        {
            return _key.ExportParameters(includePrivateParameters: true).D!;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static bool IsPrivateKey(ReadOnlySpan<byte> bytes)
    {
        // Byte comparison against the order minus one; leaks no more than the range test must.
        return bytes.Length == PrivateKeySize
            && bytes.IndexOfAnyExcept((byte)0) >= 0
            && bytes.SequenceCompareTo(Secp256k1Point.Write(Secp256k1Point.Order)) < 0;
    }
}
