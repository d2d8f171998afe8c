using System.Formats.Asn1;
using PoUW.Core.Validation;

namespace PoUW.Network.Security;

/// <summary>The parts of an X.509 certificate (RFC 5280, section 4.1) that the libp2p rules speak of, read in DER from a stranger's bytes.</summary>
internal sealed class CertificateFields
{
    private const int Version3 = 2;
    private const int MaxExtensions = 32;
    private const string KeyUsage = "2.5.29.15";
    private const string BasicConstraints = "2.5.29.19";
    private const string ExtendedKeyUsage = "2.5.29.37";

    // Server, client, any (RFC 5280, section 4.2.1.12).
    private static readonly string[] TlsUsages = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"];

    private readonly HashSet<string> _extensions = [];

    private CertificateFields()
    {
    }

    /// <summary>What is signed: the encoded TBSCertificate.</summary>
    public ReadOnlyMemory<byte> Signed { get; private set; }

    /// <summary>The algorithm of the signature.</summary>
    public string SignatureAlgorithm { get; private set; } = "";

    public ReadOnlyMemory<byte> Signature { get; private set; }

    public DateTimeOffset NotBefore { get; private set; }

    public DateTimeOffset NotAfter { get; private set; }

    /// <summary>The encoded SubjectPublicKeyInfo.</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; private set; }

    /// <summary>The content of the libp2p extension; null if there is none.</summary>
    public ReadOnlyMemory<byte>? PeerExtension { get; private set; }

    /// <summary>Reads a certificate; refuses forms, critical extensions and usages that libp2p does not allow.</summary>
    public static ValidationResult TryRead(ReadOnlyMemory<byte> der, out CertificateFields? fields)
    {
        fields = null;
        CertificateFields read = new();
        ValidationResult result;
        try
        {
            result = read.ReadCertificate(der);
        }
        catch (AsnContentException)
        {
            result = Malformed("Not a certificate in DER.");
        }

        fields = result.IsValid ? read : null;
        return result;
    }

    private static ValidationResult Malformed(string message) => ValidationResult.Fail(ValidationCode.Malformed, "Certificate", message);

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private ValidationResult ReadCertificate(ReadOnlyMemory<byte> der)
    {
        AsnReader outer = new(der, AsnEncodingRules.DER);
        AsnReader certificate = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        Signed = certificate.PeekEncodedValue();
        AsnReader body = certificate.ReadSequence();
        ReadOnlyMemory<byte> algorithm = certificate.PeekEncodedValue();
        AsnReader algorithmReader = certificate.ReadSequence();
        SignatureAlgorithm = algorithmReader.ReadObjectIdentifier();
        byte[] signature = certificate.ReadBitString(out int unused);
        certificate.ThrowIfNotEmpty();
        if (unused != 0)
        {
            return Malformed("The signature is no whole number of bytes.");
        }

        Signature = signature;
        return ReadBody(body, algorithm);
    }

    private ValidationResult ReadBody(AsnReader body, ReadOnlyMemory<byte> algorithm)
    {
        Asn1Tag versionTag = new(TagClass.ContextSpecific, 0, isConstructed: true);
        if (!body.PeekTag().HasSameClassAndValue(versionTag)
            || !body.ReadSequence(versionTag).TryReadInt32(out int version)
            || version != Version3)
        {
            return Malformed("Not a certificate of version 3.");
        }

        body.ReadIntegerBytes();
        if (!body.ReadEncodedValue().Span.SequenceEqual(algorithm.Span))
        {
            return Malformed("The two signature algorithms differ.");
        }

        body.ReadSequence();
        AsnReader validity = body.ReadSequence();
        NotBefore = ReadTime(validity);
        NotAfter = ReadTime(validity);
        validity.ThrowIfNotEmpty();
        body.ReadSequence();
        SubjectPublicKeyInfo = body.PeekEncodedValue();
        body.ReadSequence();
        return body.HasData ? ReadExtensions(body) : ValidationResult.Ok;
    }

    private ValidationResult ReadExtensions(AsnReader body)
    {
        Asn1Tag extensionsTag = new(TagClass.ContextSpecific, 3, isConstructed: true);
        if (!body.PeekTag().HasSameClassAndValue(extensionsTag))
        {
            return Malformed("The issuer or the subject has a unique id.");
        }

        AsnReader wrapped = body.ReadSequence(extensionsTag);
        body.ThrowIfNotEmpty();
        AsnReader extensions = wrapped.ReadSequence();
        wrapped.ThrowIfNotEmpty();
        while (extensions.HasData)
        {
            ValidationResult result = ReadExtension(extensions.ReadSequence());
            if (!result.IsValid)
            {
                return result;
            }
        }

        return ValidationResult.Ok;
    }

    private ValidationResult ReadExtension(AsnReader extension)
    {
        string id = extension.ReadObjectIdentifier();
        bool isCritical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
        byte[] content = extension.ReadOctetString();
        extension.ThrowIfNotEmpty();
        if (!_extensions.Add(id) || _extensions.Count > MaxExtensions)
        {
            return Malformed($"An extension is there twice, or there are more than {MaxExtensions}.");
        }

        switch (id)
        {
            case PeerCertificate.ExtensionId:
                PeerExtension = content;
                return ValidationResult.Ok;
            case KeyUsage:
                return CheckKeyUsage(content);
            case ExtendedKeyUsage:
                return CheckExtendedKeyUsage(content);
            case BasicConstraints:
                return ValidationResult.Ok;
            default:
                return isCritical
                    ? ValidationResult.Fail(ValidationCode.UnknownKind, "Certificate", $"The extension {id} is critical and not known.")
                    : ValidationResult.Ok;
        }
    }

    private static ValidationResult CheckKeyUsage(byte[] content)
    {
        AsnReader reader = new(content, AsnEncodingRules.DER);
        byte[] bits = reader.ReadBitString(out _);
        reader.ThrowIfNotEmpty();

        // The first bit is digitalSignature, which a handshake of TLS 1.3 is.
        return bits is [>= 0x80, ..] ? ValidationResult.Ok : NotAllowed("The key may not sign.");
    }

    private static ValidationResult CheckExtendedKeyUsage(byte[] content)
    {
        AsnReader outer = new(content, AsnEncodingRules.DER);
        AsnReader usages = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        bool isForTls = false;
        while (usages.HasData)
        {
            isForTls |= TlsUsages.Contains(usages.ReadObjectIdentifier());
        }

        return isForTls ? ValidationResult.Ok : NotAllowed("The key is not for TLS.");
    }

    private static ValidationResult NotAllowed(string message) => ValidationResult.Fail(ValidationCode.NotAllowed, "Certificate", message);
}
