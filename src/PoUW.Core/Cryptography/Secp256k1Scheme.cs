using System.Security.Cryptography;
using PoUW.Core.Primitives;

namespace PoUW.Core.Cryptography;

/// <summary>
/// ECDSA over secp256k1 on the platform's own implementation. Signatures are r and s, 32 bytes each; only the lower of the two valid
/// values of s is accepted (BIP 62), so a third party cannot turn one valid signature into another. Thread-safe. One verification
/// takes about 0.7 ms, so callers keep the results, or take <see cref="NativeSecp256k1Scheme"/> where the machine has the library.
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

    // Half of the curve's order, rounded down: the largest s that is accepted.
    private static ReadOnlySpan<byte> HalfOrder =>
    [
        0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0x5D, 0x57, 0x6E, 0x73, 0x57, 0xA4, 0x50, 0x1D, 0xDF, 0xE9, 0x2F, 0x46, 0x68, 0x1B, 0x20, 0xA0,
    ];

    /// <inheritdoc/>
    public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature) =>
        IsForm(signature) && Secp256k1Point.TryDecompress(publicKey, out ECPoint point) && VerifyAt(point, hash, signature);

    /// <inheritdoc/>
    public bool Verify(ReadOnlySpan<byte> publicKey, Hash256 hash, ReadOnlySpan<byte> signature, out Address signer)
    {
        ECPoint point = default;
        bool valid = IsForm(signature) && Secp256k1Point.TryDecompress(publicKey, out point) && VerifyAt(point, hash, signature);
        signer = valid ? Secp256k1Point.ToAddress(point) : default;
        return valid;
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
            Negate(s);
        }
    }

    /// <summary>Replaces s by the order minus s.</summary>
    internal static void Negate(Span<byte> s) => Secp256k1Point.Write(Secp256k1Point.Order - Secp256k1Point.Read(s)).CopyTo(s);

    private static bool VerifyAt(ECPoint point, Hash256 hash, ReadOnlySpan<byte> signature)
    {
        using ECDsa key = ECDsa.Create(new ECParameters { Curve = Secp256k1Point.Curve, Q = point });
        Span<byte> digest = stackalloc byte[Hash256.Size];
        hash.CopyTo(digest);
        return key.VerifyHash(digest, signature);
    }

    private static bool IsForm(ReadOnlySpan<byte> signature) => signature.Length == SignatureSize && IsLow(signature[32..]);

    private static bool IsLow(ReadOnlySpan<byte> s) => s.IndexOfAnyExcept((byte)0) >= 0 && s.SequenceCompareTo(HalfOrder) <= 0;
}
