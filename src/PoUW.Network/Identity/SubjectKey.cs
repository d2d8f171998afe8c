using System.Formats.Asn1;
using System.Security.Cryptography;
using PoUW.Core.Validation;

namespace PoUW.Network.Identity;

/// <summary>
/// A public key in a SubjectPublicKeyInfo (RFC 5280, section 4.1) whose algorithm and size are allowed. The algorithm is looked at before the
/// platform sees the key, so that no stranger's curve parameters are ever computed with.
/// </summary>
internal sealed class SubjectKey
{
    private const string EcPublicKey = "1.2.840.10045.2.1";
    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    private const string Ed25519 = "1.3.101.112";
    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 8192;
    private const int MaxExponentBytes = 4;

    // P-256, P-384 and P-521 (RFC 5480, section 2.1.1.1).
    private static readonly string[] Curves = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];

    private readonly byte[] _encoded;
    private readonly byte[] _raw;

    private SubjectKey(KeyType type, byte[] encoded, byte[] raw)
    {
        (Type, _encoded, _raw) = (type, encoded, raw);
    }

    /// <summary>Ecdsa, Rsa or Ed25519.</summary>
    public KeyType Type { get; }

    /// <summary>Reads the algorithm. The key itself is looked at when it verifies.</summary>
    public static ValidationResult TryRead(ReadOnlySpan<byte> encoded, out SubjectKey? key)
    {
        key = null;
        try
        {
            AsnReader outer = new(encoded.ToArray(), AsnEncodingRules.DER);
            AsnReader info = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            AsnReader algorithm = info.ReadSequence();
            byte[] raw = info.ReadBitString(out int unused);
            info.ThrowIfNotEmpty();
            KeyType? type = unused == 0 ? TypeOf(algorithm) : null;
            key = type is { } known ? new SubjectKey(known, encoded.ToArray(), raw) : null;
        }
        catch (AsnContentException)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(SubjectKey), "Not a SubjectPublicKeyInfo in DER.");
        }

        return key is null
            ? ValidationResult.Fail(ValidationCode.UnknownKind, nameof(SubjectKey), "The key is neither ECDSA on P-256, P-384 or P-521, nor RSA, nor Ed25519.")
            : ValidationResult.Ok;
    }

    /// <summary>Verifies a signature: ECDSA in DER, RSA with PKCS #1 v1.5, Ed25519.</summary>
    /// <param name="message">What was signed.</param>
    /// <param name="signature">The signature.</param>
    /// <param name="hash">The hash of ECDSA and RSA.</param>
    /// <param name="ed25519">Verifies Ed25519; null if the machine cannot.</param>
    public ValidationResult Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, HashAlgorithmName hash, OpenSslEd25519? ed25519)
    {
        try
        {
            return Type switch
            {
                KeyType.Ecdsa => VerifyEcdsa(message, signature, hash),
                KeyType.Rsa => VerifyRsa(message, signature, hash),
                _ => VerifyEd25519(ed25519, _raw, message, signature),
            };
        }
        catch (CryptographicException failure)
        {
            // How the platform reports numbers that are no key.
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(SubjectKey), $"The {Type} key is none: {failure.Message}");
        }
    }

    /// <summary>Verifies Ed25519 with a raw key; a machine that cannot says so.</summary>
    public static ValidationResult VerifyEd25519(
        OpenSslEd25519? library, ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (library is null)
        {
            return ValidationResult.Fail(
                ValidationCode.UnknownKind, nameof(KeyType), $"{KeyType.Ed25519} keys cannot be verified here: the machine has no libcrypto of OpenSSL 3.");
        }

        return ResultOf(library.Verify(key, message, signature), KeyType.Ed25519);
    }

    /// <summary>Good, or that the signature does not fit.</summary>
    public static ValidationResult ResultOf(bool valid, KeyType type) => valid
        ? ValidationResult.Ok
        : ValidationResult.Fail(ValidationCode.BadSignature, "Signature", $"The signature does not fit the {type} key and the content.");

    private static KeyType? TypeOf(AsnReader algorithm)
    {
        KeyType? type = null;
        switch (algorithm.ReadObjectIdentifier())
        {
            case EcPublicKey:
                // Anything but a name is refused: parameters of a peer's own would be computed with.
                bool isNamed = algorithm.PeekTag().HasSameClassAndValue(Asn1Tag.ObjectIdentifier);
                type = isNamed && Curves.Contains(algorithm.ReadObjectIdentifier()) ? KeyType.Ecdsa : null;
                break;
            case RsaEncryption:
                algorithm.ReadNull();
                type = KeyType.Rsa;
                break;
            case Ed25519:
                type = KeyType.Ed25519;
                break;
            default:
                break;
        }

        return type is not null && !algorithm.HasData ? type : null;
    }

    private ValidationResult VerifyEcdsa(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        using ECDsa ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(_encoded, out _);
        return ResultOf(ecdsa.VerifyData(message, signature, hash, DSASignatureFormat.Rfc3279DerSequence), KeyType.Ecdsa);
    }

    private ValidationResult VerifyRsa(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        using RSA rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(_encoded, out _);
        RSAParameters parameters = rsa.ExportParameters(includePrivateParameters: false);
        if (rsa.KeySize is < MinRsaBits or > MaxRsaBits || parameters.Exponent!.Length > MaxExponentBytes)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, nameof(SubjectKey), $"RSA of {rsa.KeySize} bits; allowed are {MinRsaBits} to {MaxRsaBits} with an exponent of at most {MaxExponentBytes} bytes.");
        }

        return ResultOf(rsa.VerifyData(message, signature, hash, RSASignaturePadding.Pkcs1), KeyType.Rsa);
    }
}
