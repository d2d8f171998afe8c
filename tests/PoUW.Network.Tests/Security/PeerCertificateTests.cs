using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Security;
using PoUW.Network.Tests.Support;
using PublicKey = PoUW.Network.Identity.PublicKey;

namespace PoUW.Network.Tests.Security;

[TestFixture]
internal sealed class PeerCertificateTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly IdentityKey Key = SecurityWorld.KeyOf(1);

    private static readonly X509Extension[] Restrictions =
    [
        new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true),
        new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment, critical: false),
        new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.4")], critical: true),
        new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.4")], critical: false),
    ];

    private static readonly X509Extension[] Allowed =
    [
        new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, critical: true),
        new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.4"), new Oid("1.3.6.1.5.5.7.3.1")], critical: true),
        new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false),
        new X509BasicConstraintsExtension(false, false, 0, critical: true),
        new X509Extension("1.2.3.4.5", [1, 2, 3], critical: false),
    ];

    [TestCase(CertificateVectors.Ed25519, "12D3KooWM6CgA9iBFZmcYAHA6A2qvbAxqfkmrYiRQuz3XEsk4Ksv")]
    [TestCase(CertificateVectors.Ecdsa, "QmfXbAwNjJLXfesgztEHe8HwgVDCMMpZ9Eax1HYq6hn9uE")]
    [TestCase(CertificateVectors.Secp256k1, "16Uiu2HAkutTMoTzDw1tCvSRtu6YoixJwS46S1ZFxW8hSx9fWHiPs")]
    public void The_certificates_of_the_specification_name_their_peers(string hex, string id)
    {
        ValidationResult result = PeerCertificate.TryVerify(Convert.FromHexString(hex), Now, SecurityWorld.Verifier, out PublicKey? key);
        Assume.That(id.StartsWith("12D3", StringComparison.Ordinal) && !SecurityWorld.Verifier.CanVerify(KeyType.Ed25519), Is.False, "no Ed25519 here");
        Assert.That(result.IsValid, Is.True, result.ToString());
        Assert.That(PeerId.Of(key!).ToString(), Is.EqualTo(id));
    }

    [Test]
    public void The_invalid_certificate_of_the_specification_is_refused()
    {
        ValidationResult result = PeerCertificate.TryVerify(
            Convert.FromHexString(CertificateVectors.WrongKey), Now, SecurityWorld.Verifier, out PublicKey? key);
        Assert.That((result.Code, key), Is.EqualTo((ValidationCode.BadSignature, (PublicKey?)null)));
    }

    [Test]
    public void An_identity_that_the_machine_cannot_verify_is_refused_by_name()
    {
        ValidationResult result = PeerCertificate.TryVerify(
            Convert.FromHexString(CertificateVectors.Ed25519), Now, IdentityVerifier.CreateInBox(), out PublicKey? key);
        Assert.That((result.Code, key), Is.EqualTo((ValidationCode.UnknownKind, (PublicKey?)null)));
        Assert.That(result.Message, Does.Contain("Ed25519"));
    }

    [Test]
    public void Own_certificates_are_accepted_with_every_kind_of_key_and_every_allowed_extension()
    {
        using RSA rsa = RSA.Create(2048);
        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using ECDsa p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        List<CertificateForge> forges =
        [
            new() { Claimed = Key },
            new() { Claimed = Key, IsCritical = true },
            new() { Claimed = Key, Key = rsa },
            new() { Claimed = Key, Key = rsa, Hash = HashAlgorithmName.SHA512 },
            new() { Claimed = Key, Key = p384, Hash = HashAlgorithmName.SHA384 },
            new() { Claimed = Key, Key = p521, Hash = HashAlgorithmName.SHA512 },
            new() { Claimed = Key, NotBefore = Now, NotAfter = Now },
            new() { Claimed = Key, NotAfter = Now.AddYears(2000) },
            .. Allowed.Select(extension => new CertificateForge { Claimed = Key, Others = [extension] }),
        ];
        Assert.Multiple(() =>
        {
            for (int i = 0; i < forges.Count; i++)
            {
                using X509Certificate2 certificate = forges[i].Make();
                ValidationResult result = PeerCertificate.TryVerify(certificate.RawData, Now, SecurityWorld.Verifier, out PublicKey? key);
                Assert.That((result.ToString(), key), Is.EqualTo(("Ok", Key.PublicKey)), $"{i}");
            }
        });
    }

    [Test]
    public void Every_rule_that_a_certificate_breaks_is_found()
    {
        using IdentityKey thief = SecurityWorld.KeyOf(2);
        using RSA small = RSA.Create(1024);
        using ECDsa otherCurve = ECDsa.Create(ECCurve.CreateFromValue("1.3.132.0.10"));
        byte[] key = Key.PublicKey.Encode();
        (string Name, CertificateForge Forge, ValidationCode Code)[] cases =
        [
            ("signed by another than it claims", new() { Claimed = Key, Signer = thief }, ValidationCode.BadSignature),
            ("signs another key", new() { Claimed = Key, SignsOtherKey = true }, ValidationCode.BadSignature),
            ("no extension", new(), ValidationCode.Malformed),
            ("expired", new() { Claimed = Key, NotAfter = Now.AddSeconds(-1) }, ValidationCode.Expired),
            ("not yet valid", new() { Claimed = Key, NotBefore = Now.AddSeconds(1) }, ValidationCode.Expired),
            ("empty extension", new() { Content = [] }, ValidationCode.Malformed),
            ("extension is no pair", new() { Content = [0x30, 0] }, ValidationCode.Malformed),
            ("extension with something behind", new() { Content = [.. CertificateForge.Pair(key, [1]), 0] }, ValidationCode.Malformed),
            ("extension with a key that is none", new() { Content = CertificateForge.Pair([1, 2, 3], [1]) }, ValidationCode.Malformed),
            ("extension with an empty signature", new() { Content = CertificateForge.Pair(key, []) }, ValidationCode.BadSignature),
            ("unknown critical extension", new() { Claimed = Key, Others = [new X509Extension("1.2.3.4.5", [1], true)] }, ValidationCode.UnknownKind),
            ("critical subject name", new() { Claimed = Key, Others = [SubjectName(true)] }, ValidationCode.UnknownKind),
            ("RSA of 1,024 bits", new() { Claimed = Key, Key = small }, ValidationCode.OutOfRange),
            ("a curve that is not allowed", new() { Claimed = Key, Key = otherCurve }, ValidationCode.UnknownKind),
            .. Restrictions.Select(extension =>
                ($"restricted by {extension.Oid!.Value}", new CertificateForge { Claimed = Key, Others = [extension] }, ValidationCode.NotAllowed)),
        ];
        Assert.Multiple(() =>
        {
            foreach ((string name, CertificateForge forge, ValidationCode code) in cases)
            {
                using X509Certificate2 certificate = forge.Make();
                Expect(certificate.RawData, code, name);
            }

            using X509Certificate2 bad = new CertificateForge { Claimed = Key }.MakeWithBadSelfSignature();
            Expect(bad.RawData, ValidationCode.BadSignature, "bad self-signature");
            (X509Certificate2 leaf, X509Certificate2 issuer) = new CertificateForge { Claimed = Key }.MakeIssued();
            Expect(leaf.RawData, ValidationCode.BadSignature, "signed by another certificate");
            Expect([.. leaf.RawData, 0], ValidationCode.Malformed, "something behind");
            Expect([], ValidationCode.Malformed, "nothing");
            Expect(new byte[PeerCertificate.MaxBytes + 1], ValidationCode.TooLarge, "too long");
            leaf.Dispose();
            issuer.Dispose();
        });
    }

    [Test]
    public void A_doubled_extension_is_refused()
    {
        using X509Certificate2 certificate = new CertificateForge
        {
            Claimed = Key,
            Others = [new X509Extension("1.2.3.4.5", [1], false), new X509Extension("1.2.3.4.6", [1], false)],
        }.Make();
        byte[] bytes = certificate.RawData;
        int at = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x06, 0x04, 0x2A, 0x03, 0x04, 0x06]);
        Assert.That(at, Is.GreaterThan(0));
        bytes[at + 5] = 0x05;
        ValidationResult result = PeerCertificate.TryVerify(bytes, Now, SecurityWorld.Verifier, out _);
        Assert.That((result.Code, result.Message), Is.EqualTo((ValidationCode.Malformed, "An extension is there twice, or there are more than 32.")));
    }

    [Test]
    public void Every_changed_bit_of_a_certificate_is_noticed()
    {
        byte[] valid = Convert.FromHexString(CertificateVectors.Secp256k1);
        for (int bit = 0; bit < valid.Length * 8; bit += 3)
        {
            byte[] changed = [.. valid];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(PeerCertificate.TryVerify(changed, Now, SecurityWorld.Verifier, out _).IsValid, Is.False, $"bit {bit}");
        }
    }

    [TestCase(CertificateVectors.Ed25519)]
    [TestCase(CertificateVectors.Ecdsa)]
    [TestCase(CertificateVectors.Secp256k1)]
    public void Mutated_certificates_never_break_the_parser(string hex)
    {
        Random mutations = new(5);
        byte[] valid = Convert.FromHexString(hex);
        for (int i = 0; i < 5_000; i++)
        {
            byte[] bytes = FrameMutation.Mutate(valid, mutations);
            if (!bytes.AsSpan().SequenceEqual(valid))
            {
                Assert.That(PeerCertificate.TryVerify(bytes, Now, SecurityWorld.Verifier, out _).IsValid, Is.False);
            }
        }
    }

    [TestCase(2, ValidationCode.UnknownKind, TestName = "ECDSA with SHA-224, which is not allowed")]
    [TestCase(1, ValidationCode.Malformed, TestName = "inside and outside other algorithms")]
    public void The_signature_algorithm_is_checked(int places, ValidationCode code)
    {
        byte[] bytes = Convert.FromHexString(CertificateVectors.Secp256k1);
        ReadOnlySpan<byte> ecdsaWithSha256 = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];
        for (int from = 0; places > 0; places--)
        {
            from += bytes.AsSpan(from).IndexOf(ecdsaWithSha256) + ecdsaWithSha256.Length;
            bytes[from - 1] = 0x01;
        }

        Expect(bytes, code, "");
    }

    private static void Expect(byte[] der, ValidationCode code, string name)
    {
        ValidationResult result = PeerCertificate.TryVerify(der, Now, SecurityWorld.Verifier, out PublicKey? key);
        Assert.That((result.Code, key), Is.EqualTo((code, (PublicKey?)null)), $"{name}: {result}");
    }

    private static X509Extension SubjectName(bool critical)
    {
        SubjectAlternativeNameBuilder builder = new();
        builder.AddDnsName("localhost");
        return builder.Build(critical);
    }
}
