using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PoUW.Network.Identity;
using PoUW.Network.Security;

namespace PoUW.Network.Tests.Security;

/// <summary>Makes certificates of peers, right ones and every wrong one.</summary>
internal sealed class CertificateForge
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Whose key the extension shows.</summary>
    public IdentityKey? Claimed { get; init; }

    /// <summary>Who signs the extension; null for the claimed one.</summary>
    public IdentityKey? Signer { get; init; }

    public DateTimeOffset NotBefore { get; init; } = Now.AddDays(-1);

    public DateTimeOffset NotAfter { get; init; } = Now.AddDays(1);

    public bool IsCritical { get; init; }

    /// <summary>Replaces the content of the extension.</summary>
    public byte[]? Content { get; init; }

    /// <summary>Signs another key than the certificate's.</summary>
    public bool SignsOtherKey { get; init; }

    /// <summary>Extensions behind the libp2p one.</summary>
    public X509Extension[] Others { get; init; } = [];

    /// <summary>The certificate's key; a new one of P-256 if null.</summary>
    public AsymmetricAlgorithm? Key { get; init; }

    public HashAlgorithmName Hash { get; init; } = HashAlgorithmName.SHA256;

    public X509Certificate2 Make()
    {
        AsymmetricAlgorithm key = Key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = RequestOf(key);
        X509Certificate2 certificate = request.CreateSelfSigned(NotBefore, NotAfter);
        return certificate;
    }

    /// <summary>The certificate signed by another one, and that one.</summary>
    public (X509Certificate2 Leaf, X509Certificate2 Issuer) MakeIssued()
    {
        using ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest root = new("CN=root", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 rootCertificate = root.CreateSelfSigned(NotBefore, NotAfter);
        ECDsa issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest issuer = new("CN=issuer", issuerKey, HashAlgorithmName.SHA256);
        issuer.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 issued = issuer.Create(rootCertificate, NotBefore, NotAfter, [1]);
        X509Certificate2 issuerCertificate = issued.CopyWithPrivateKey(issuerKey);
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 leaf = RequestOf(key).Create(issuerCertificate, NotBefore, NotAfter, [2]);
        return (leaf.CopyWithPrivateKey(key), issuerCertificate);
    }

    /// <summary>The certificate with a signature of its own that does not fit.</summary>
    public X509Certificate2 MakeWithBadSelfSignature()
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 good = RequestOf(key).CreateSelfSigned(NotBefore, NotAfter);
        byte[] bytes = good.RawData;
        bytes[^1] ^= 1;
        using X509Certificate2 bad = X509CertificateLoader.LoadCertificate(bytes);
        return bad.CopyWithPrivateKey(key);
    }

    private CertificateRequest RequestOf(AsymmetricAlgorithm key)
    {
        X500DistinguishedName name = new("O=libp2p.io");
        CertificateRequest request = key is RSA rsa
            ? new CertificateRequest(name, rsa, Hash, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(name, (ECDsa)key, Hash);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[]? content = Content ?? ExtensionOf((SignsOtherKey ? other : key).ExportSubjectPublicKeyInfo());
        if (content is not null)
        {
            request.CertificateExtensions.Add(new X509Extension(PeerCertificate.ExtensionId, content, IsCritical));
        }

        foreach (X509Extension extension in Others)
        {
            request.CertificateExtensions.Add(extension);
        }

        return request;
    }

    private byte[]? ExtensionOf(byte[] spki)
    {
        if (Claimed is null)
        {
            return null;
        }

        return Pair(Claimed.PublicKey.Encode(), (Signer ?? Claimed).Sign([.. "libp2p-tls-handshake:"u8, .. spki]));
    }

    public static byte[] Pair(byte[] key, byte[] signature)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteOctetString(key);
            writer.WriteOctetString(signature);
        }

        return writer.Encode();
    }
}
