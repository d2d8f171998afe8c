using System.Numerics;
using System.Security.Cryptography;
using PoUW.Core.Primitives;

namespace PoUW.Core.Cryptography;

/// <summary>
/// ECDSA over secp256k1 on the platform's own implementation. Signatures are r and s, 32 bytes each; only the lower of the two valid
/// values of s is accepted (BIP 62), so a third party cannot turn one valid signature into another. Thread-safe. One verification
/// takes about 0.6 ms, so callers keep the results.
/// </summary>
public sealed class Secp256k1Scheme : ISignatureScheme
{
    /// <summary>The scheme byte.</summary>
    public const byte SchemeId = 1;

    /// <summary>Bytes of a compressed public key.</summary>
    public const int PublicKeySize = Secp256k1Point.CompressedSize;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureSize = 64;

    /// <inheritdoc/>
    public byte Id => SchemeId;

    /// <inheritdoc/>
    public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureSize || !IsLow(signature[32..]) || !Secp256k1Point.TryDecompress(publicKey, out ECPoint point))
        {
            return false;
        }

        using ECDsa key = ECDsa.Create(new ECParameters { Curve = Secp256k1Point.Curve, Q = point });
        Span<byte> digest = stackalloc byte[Hash256.Size];
        hash.CopyTo(digest);
        return key.VerifyHash(digest, signature);
    }

    /// <inheritdoc/>
    public bool TryGetAddress(ReadOnlySpan<byte> publicKey, out Address address)
    {
        bool valid = Secp256k1Point.TryDecompress(publicKey, out ECPoint point);
        address = valid ? Secp256k1Point.ToAddress(point) : default;
        return valid;
    }

    internal static void NormaliseLow(Span<byte> s)
    {
        if (!IsLow(s))
        {
            Secp256k1Point.Write(Secp256k1Point.Order - Secp256k1Point.Read(s)).CopyTo(s);
        }
    }

    private static bool IsLow(ReadOnlySpan<byte> s)
    {
        BigInteger value = Secp256k1Point.Read(s);
        return !value.IsZero && value <= Secp256k1Point.HalfOrder;
    }
}
