using System.Formats.Asn1;
using System.Security.Cryptography;
using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Security;

/// <summary>
/// The self-signed certificate that carries a peer's identity (libp2p specification, tls, "Peer Authentication"): an extension holds the peer's
/// public key and its signature of the certificate's key. A certificate proves the peer only together with a handshake that proves the
/// certificate's key. Stateless and thread-safe.
/// </summary>
public static class PeerCertificate
{
    /// <summary>The object identifier of the extension, which IANA gave to libp2p.</summary>
    public const string ExtensionId = "1.3.6.1.4.1.53594.1.1";

    /// <summary>The longest certificate that is read: RSA keys of 8,192 bits, inside and outside, fit.</summary>
    public const int MaxBytes = 8192;

    // Algorithms of certificate signatures (RFC 5758, RFC 4055, RFC 8410) with the key that they need; SHA-1 and MD5 are not among them.
    private static readonly (string Id, KeyType Type, HashAlgorithmName Hash)[] Algorithms =
    [
        ("1.2.840.10045.4.3.2", KeyType.Ecdsa, HashAlgorithmName.SHA256),
        ("1.2.840.10045.4.3.3", KeyType.Ecdsa, HashAlgorithmName.SHA384),
        ("1.2.840.10045.4.3.4", KeyType.Ecdsa, HashAlgorithmName.SHA512),
        ("1.2.840.113549.1.1.11", KeyType.Rsa, HashAlgorithmName.SHA256),
        ("1.2.840.113549.1.1.12", KeyType.Rsa, HashAlgorithmName.SHA384),
        ("1.2.840.113549.1.1.13", KeyType.Rsa, HashAlgorithmName.SHA512),
        ("1.3.101.112", KeyType.Ed25519, default),
    ];

    private static ReadOnlySpan<byte> Domain => "libp2p-tls-handshake:"u8;

    /// <summary>The content of the extension for a certificate's key.</summary>
    /// <param name="identity">The peer's key, which signs.</param>
    /// <param name="subjectPublicKeyInfo">The certificate's key in DER.</param>
    public static byte[] CreateExtension(IdentityKey identity, ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteOctetString(identity.PublicKey.Encode());
            writer.WriteOctetString(identity.Sign([.. Domain, .. subjectPublicKeyInfo]));
        }

        return writer.Encode();
    }

    /// <summary>
    /// Checks form, validity period, extensions, self-signature and the peer's signature. Never throws, whatever the bytes.
    /// </summary>
    /// <param name="der">The certificate.</param>
    /// <param name="now">The time at which it must be valid.</param>
    /// <param name="verifier">Verifies the signatures.</param>
    /// <param name="key">The peer's public key, or null.</param>
    /// <returns>Ok, or the first rule that is broken.</returns>
    public static ValidationResult TryVerify(ReadOnlyMemory<byte> der, DateTimeOffset now, IdentityVerifier verifier, out PublicKey? key)
    {
        key = null;
        if (der.Length > MaxBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "Certificate", $"{der.Length} bytes; at most {MaxBytes}.");
        }

        ValidationResult result = CertificateFields.TryRead(der, out CertificateFields? fields);
        if (!result.IsValid)
        {
            return result;
        }

        if (now < fields!.NotBefore || now > fields.NotAfter)
        {
            return ValidationResult.Fail(
                ValidationCode.Expired, "Certificate", $"Valid from {fields.NotBefore:O} to {fields.NotAfter:O}; now it is {now:O}.");
        }

        result = VerifySelfSignature(fields, verifier);
        if (!result.IsValid)
        {
            return result;
        }

        return fields.PeerExtension is { } extension
            ? TryVerifyExtension(extension, fields.SubjectPublicKeyInfo.Span, verifier, out key)
            : Malformed("The certificate has no libp2p extension.");
    }

    /// <summary>Reads the extension and checks the peer's signature for the certificate's key. Never throws, whatever the bytes.</summary>
    internal static ValidationResult TryVerifyExtension(
        ReadOnlyMemory<byte> extension, ReadOnlySpan<byte> subjectPublicKeyInfo, IdentityVerifier verifier, out PublicKey? key)
    {
        key = null;
        byte[] encodedKey;
        byte[] signature;
        try
        {
            AsnReader outer = new(extension, AsnEncodingRules.DER);
            AsnReader pair = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            encodedKey = pair.ReadOctetString();
            signature = pair.ReadOctetString();
            pair.ThrowIfNotEmpty();
        }
        catch (AsnContentException)
        {
            return Malformed("The libp2p extension is no pair of a key and a signature.");
        }

        ValidationResult result = PublicKey.TryDecode(encodedKey, out PublicKey? claimed);
        if (result.IsValid)
        {
            result = verifier.Verify(claimed!, [.. Domain, .. subjectPublicKeyInfo], signature);
        }

        key = result.IsValid ? claimed : null;
        return result;
    }

    private static ValidationResult VerifySelfSignature(CertificateFields fields, IdentityVerifier verifier)
    {
        ValidationResult read = SubjectKey.TryRead(fields.SubjectPublicKeyInfo.Span, out SubjectKey? subject);
        if (!read.IsValid)
        {
            return read;
        }

        int index = Array.FindIndex(Algorithms, algorithm => algorithm.Id == fields.SignatureAlgorithm && algorithm.Type == subject!.Type);
        return index >= 0
            ? verifier.VerifySubject(subject!, fields.Signed.Span, fields.Signature.Span, Algorithms[index].Hash)
            : ValidationResult.Fail(
                ValidationCode.UnknownKind, "Certificate", $"A key of type {subject!.Type} with the signature algorithm {fields.SignatureAlgorithm}.");
    }

    private static ValidationResult Malformed(string message) => ValidationResult.Fail(ValidationCode.Malformed, "Certificate", message);
}
