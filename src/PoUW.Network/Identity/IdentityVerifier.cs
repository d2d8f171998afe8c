using System.Security.Cryptography;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Network.Identity;

/// <summary>
/// Verifies what peers sign with their identity keys: secp256k1, ECDSA on P-256, P-384 and P-521, RSA of 2,048 to 8,192 bits, and Ed25519 where
/// the machine has the libcrypto of OpenSSL 3. A key that cannot be verified here is a failure that names its type, never a success. Nothing about
/// the input is trusted; nothing throws on bad input. Thread-safe; one instance serves a whole node.
/// </summary>
public sealed class IdentityVerifier
{
    /// <summary>The longest signature that is looked at: RSA of 8,192 bits.</summary>
    public const int MaxSignatureBytes = 1024;

    private readonly ISignatureScheme _secp256k1;
    private readonly OpenSslEd25519? _ed25519;

    private IdentityVerifier(ISignatureScheme secp256k1, OpenSslEd25519? ed25519)
    {
        (_secp256k1, _ed25519) = (secp256k1, ed25519);
    }

    /// <summary>Verifies with all that the machine has.</summary>
    public static IdentityVerifier Create() => new(SignatureSchemes.CreateSecp256k1(), OpenSslEd25519.TryLoad());

    /// <summary>Verifies with what .NET has in-box: no Ed25519, and slow for secp256k1.</summary>
    public static IdentityVerifier CreateInBox() => new(new Secp256k1Scheme(), null);

    /// <summary>True if keys of the type can be verified on this machine.</summary>
    public bool CanVerify(KeyType type) => type switch
    {
        KeyType.Rsa or KeyType.Secp256k1 or KeyType.Ecdsa => true,
        KeyType.Ed25519 => _ed25519 is not null,
        _ => false,
    };

    /// <summary>Verifies a signature of a message.</summary>
    /// <param name="key">The key of the peer that claims to have signed.</param>
    /// <param name="message">What was signed; its SHA-256 for all types but Ed25519.</param>
    /// <param name="signature">secp256k1 and ECDSA: DER, with either s. RSA: PKCS #1 v1.5. Ed25519: 64 bytes.</param>
    /// <returns>
    /// Ok; <see cref="ValidationCode.BadSignature"/>; <see cref="ValidationCode.UnknownKind"/> if the type cannot be verified here;
    /// <see cref="ValidationCode.Malformed"/> or <see cref="ValidationCode.OutOfRange"/> if the key is none that is allowed.
    /// </returns>
    public ValidationResult Verify(PublicKey key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (signature.Length > MaxSignatureBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "Signature", $"{signature.Length} bytes; at most {MaxSignatureBytes}.");
        }

        return key.Type switch
        {
            KeyType.Secp256k1 => VerifySecp256k1(key.Data, message, signature),
            KeyType.Ed25519 => SubjectKey.VerifyEd25519(_ed25519, key.Data, message, signature),
            KeyType.Ecdsa or KeyType.Rsa => VerifySubject(key, message, signature),
            _ => ValidationResult.Fail(ValidationCode.UnknownKind, nameof(KeyType), $"Keys of type {key.Type} cannot be verified."),
        };
    }

    /// <summary>Verifies what the owner of an encoded SubjectPublicKeyInfo signed, such as a certificate.</summary>
    internal ValidationResult VerifySubject(SubjectKey key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, HashAlgorithmName hash) =>
        key.Verify(message, signature, hash, _ed25519);

    private ValidationResult VerifySubject(PublicKey key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        ValidationResult read = SubjectKey.TryRead(key.Data, out SubjectKey? subject);
        if (!read.IsValid)
        {
            return read;
        }

        return subject!.Type == key.Type
            ? subject.Verify(message, signature, HashAlgorithmName.SHA256, _ed25519)
            : ValidationResult.Fail(ValidationCode.Malformed, nameof(KeyType), $"A key of type {key.Type} holds one of type {subject.Type}.");
    }

    private ValidationResult VerifySecp256k1(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Span<byte> compact = stackalloc byte[Secp256k1Scheme.SignatureSize];
        return SubjectKey.ResultOf(
            EcdsaDer.TryDecode(signature, compact) && _secp256k1.Verify(key, Hash256.Sha256(message), compact), KeyType.Secp256k1);
    }
}
