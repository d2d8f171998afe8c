using System.Security.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;

namespace PoUW.Core.Cryptography;

/// <summary>
/// A secp256k1 private key with its public key and address. On the platform's implementation signing draws its nonce inside the platform,
/// so two signatures of one hash differ; on libsecp256k1 one hash has one signature (RFC 6979). Transaction ids do not cover signatures.
/// Thread-safe until disposed.
/// </summary>
public sealed class KeyPair : IDisposable
{
    /// <summary>Bytes of a private key.</summary>
    public const int PrivateKeySize = 32;

    private readonly ECDsa? _key;
    private readonly NativeSecp256k1Scheme? _native;
    private readonly byte[] _secret = [];
    private readonly byte[] _publicKey;
    private readonly Lock _gate = new();
    private bool _disposed;

    private KeyPair(ECDsa key)
    {
        _key = key;
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        _publicKey = Secp256k1Point.Compress(point);
        Address = Secp256k1Point.ToAddress(point);
    }

    private KeyPair(ReadOnlySpan<byte> privateKey, NativeSecp256k1Scheme native)
    {
        _native = native;

        // Pinned, so that the collector leaves no second copy behind.
        _secret = GC.AllocateUninitializedArray<byte>(PrivateKeySize, pinned: true);
        privateKey.CopyTo(_secret);
        _publicKey = new byte[Secp256k1Scheme.PublicKeySize];
        native.TryGetPublicKey(privateKey, _publicKey, out Address address);
        Address = address;
    }

    /// <summary>The account that this key controls.</summary>
    public Address Address { get; }

    /// <summary>The compressed public key, 33 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>Draws a key. A seeded source always gives the same key.</summary>
    /// <param name="random">The source.</param>
    /// <param name="native">Signs; null to sign with the platform.</param>
    public static KeyPair Generate(IRandomSource random, NativeSecp256k1Scheme? native = null)
    {
        Span<byte> candidate = stackalloc byte[PrivateKeySize];
        do
        {
            random.Fill(candidate);
        }
        while (!IsPrivateKey(candidate));

        KeyPair pair = FromPrivateKey(candidate, native);
        CryptographicOperations.ZeroMemory(candidate);
        return pair;
    }

    /// <summary>Takes a private key of 32 big-endian bytes.</summary>
    /// <param name="privateKey">The key; copied.</param>
    /// <param name="native">Signs; null to sign with the platform.</param>
    /// <exception cref="ArgumentException">The number is not between 1 and the curve's order minus 1.</exception>
    public static KeyPair FromPrivateKey(ReadOnlySpan<byte> privateKey, NativeSecp256k1Scheme? native = null)
    {
        if (!IsPrivateKey(privateKey))
        {
            throw new ArgumentException("A private key is 32 bytes with a value from 1 to the curve's order minus 1.", nameof(privateKey));
        }

        if (native is not null)
        {
            return new KeyPair(privateKey, native);
        }

        byte[] copy = privateKey.ToArray();
        KeyPair pair = new(ECDsa.Create(new ECParameters { Curve = Secp256k1Point.Curve, D = copy }));
        CryptographicOperations.ZeroMemory(copy);
        return pair;
    }

    /// <summary>Signs a hash: r and s, 32 bytes each, with the lower s.</summary>
    /// <exception cref="ObjectDisposedException">The pair was disposed.</exception>
    public byte[] Sign(Hash256 hash)
    {
        byte[] signature = new byte[Secp256k1Scheme.SignatureSize];
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_key is null)
            {
                _native!.TrySign(_secret, hash, signature);
                return signature;
            }

            Span<byte> digest = stackalloc byte[Hash256.Size];
            hash.CopyTo(digest);
            _key.SignHash(digest, signature);
        }

        Secp256k1Scheme.NormaliseLow(signature.AsSpan(32));
        return signature;
    }

    /// <summary>The private key, for a key store. The caller must clear the array.</summary>
    /// <exception cref="ObjectDisposedException">The pair was disposed.</exception>
    public byte[] ExportPrivateKey()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _key is null ? _secret.AsSpan().ToArray() : _key.ExportParameters(includePrivateParameters: true).D!;
        }
    }

    /// <summary>Forgets the private key; public key and address stay.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _key?.Dispose();
            CryptographicOperations.ZeroMemory(_secret);
        }
    }

    /// <summary>True for 32 bytes with a value from 1 to the order minus 1.</summary>
    internal static bool IsPrivateKey(ReadOnlySpan<byte> bytes)
    {
        // Byte comparison against the order minus one; leaks no more than the range test must.
        return bytes.Length == PrivateKeySize
            && bytes.IndexOfAnyExcept((byte)0) >= 0
            && bytes.SequenceCompareTo(Secp256k1Point.OrderBytes) < 0;
    }
}
