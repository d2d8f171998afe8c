using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Identity;

[TestFixture]
internal sealed class IdentityVerifierTests
{
    private static readonly byte[] Message = [1, 2, 3];

    private static readonly IdentityVerifier Verifier = IdentityVerifier.Create();

    [TestCase("1.2.840.10045.3.1.7")]
    [TestCase("1.3.132.0.34")]
    [TestCase("1.3.132.0.35")]
    public void Ecdsa_is_verified(string curve)
    {
        using ECDsa key = ECDsa.Create(ECCurve.CreateFromValue(curve));
        byte[] signature = key.SignData(Message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        ExpectOnlyThis(new PublicKey(KeyType.Ecdsa, key.ExportSubjectPublicKeyInfo()), signature);
    }

    [TestCase(2048)]
    [TestCase(4096)]
    public void Rsa_is_verified(int bits)
    {
        using RSA key = RSA.Create(bits);
        byte[] signature = key.SignData(Message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        ExpectOnlyThis(new PublicKey(KeyType.Rsa, key.ExportSubjectPublicKeyInfo()), signature);
        byte[] other = key.SignData(Message, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
        Assert.That(Verify(KeyType.Rsa, key.ExportSubjectPublicKeyInfo(), other), Is.EqualTo(ValidationCode.BadSignature));
    }

    // RFC 8032, section 7.1, tests 1 and 3.
    [TestCase(
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [TestCase(
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Ed25519_is_verified_where_the_machine_can(string key, string message, string signature)
    {
        Assume.That(Verifier.CanVerify(KeyType.Ed25519), Is.True, "no libcrypto of OpenSSL 3 on this machine");
        PublicKey publicKey = new(KeyType.Ed25519, Convert.FromHexString(key));
        byte[] content = Convert.FromHexString(message);
        byte[] bytes = Convert.FromHexString(signature);
        Assert.That(Verifier.Verify(publicKey, content, bytes).IsValid, Is.True);
        for (int bit = 0; bit < bytes.Length * 8; bit += 7)
        {
            byte[] changed = [.. bytes];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(Verifier.Verify(publicKey, content, changed).Code, Is.EqualTo(ValidationCode.BadSignature));
        }

        Assert.That(Verifier.Verify(publicKey, [.. content, 0], bytes).Code, Is.EqualTo(ValidationCode.BadSignature));
        Assert.That(Verifier.Verify(new PublicKey(KeyType.Ed25519, new byte[31]), content, bytes).Code, Is.EqualTo(ValidationCode.BadSignature));
    }

    [Test]
    public void A_key_that_the_machine_cannot_verify_is_named_and_never_accepted()
    {
        IdentityVerifier inBox = IdentityVerifier.CreateInBox();
        ValidationResult result = inBox.Verify(new PublicKey(KeyType.Ed25519, new byte[32]), Message, new byte[64]);
        Assert.Multiple(() =>
        {
            Assert.That(inBox.CanVerify(KeyType.Ed25519), Is.False);
            Assert.That(result.Code, Is.EqualTo(ValidationCode.UnknownKind));
            Assert.That(result.Message, Does.Contain("Ed25519"));
            Assert.That(inBox.Verify(new PublicKey((KeyType)9, [1]), Message, []).Code, Is.EqualTo(ValidationCode.UnknownKind));
            Assert.That(inBox.CanVerify((KeyType)9), Is.False);
        });
    }

    [Test]
    public void Secp256k1_is_verified_with_either_s_and_in_one_encoding_only()
    {
        using IdentityKey key = IdentityKey.Generate(new SeededRandomSource(7, "key"));
        byte[] der = key.Sign(Message);
        (BigInteger r, BigInteger s) = Read(der);
        BigInteger order = BigInteger.Parse(
            "0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141",
            System.Globalization.NumberStyles.HexNumber,
            System.Globalization.CultureInfo.InvariantCulture);
        Assert.Multiple(() =>
        {
            Assert.That(VerifyWith(key, Write(r, s)), Is.EqualTo(ValidationCode.Ok));
            Assert.That(VerifyWith(key, Write(r, order - s)), Is.EqualTo(ValidationCode.Ok));
            Assert.That(VerifyWith(key, Write(r, s + order)), Is.EqualTo(ValidationCode.BadSignature));
            Assert.That(VerifyWith(key, Write(r, 0)), Is.EqualTo(ValidationCode.BadSignature));
            Assert.That(VerifyWith(key, Write(0, s)), Is.EqualTo(ValidationCode.BadSignature));
            Assert.That(VerifyWith(key, Write(-r, s)), Is.EqualTo(ValidationCode.BadSignature));
            Assert.That(VerifyWith(key, Write(r, BigInteger.Pow(2, 300))), Is.EqualTo(ValidationCode.BadSignature));
            Assert.That(VerifyWith(key, [.. der, 0]), Is.EqualTo(ValidationCode.BadSignature));
            Assert.That(VerifyWith(key, [0x30, 0x81, .. der[1..]]), Is.EqualTo(ValidationCode.BadSignature), "a longer length");
            Assert.That(VerifyWith(key, []), Is.EqualTo(ValidationCode.BadSignature));
            Assert.That(VerifyWith(key, new byte[1025]), Is.EqualTo(ValidationCode.TooLarge));
        });
    }

    [Test]
    public void Keys_that_are_not_allowed_are_refused_whatever_the_signature()
    {
        using RSA small = RSA.Create(1024);
        using ECDsa otherCurve = ECDsa.Create(ECCurve.CreateFromValue("1.3.132.0.10"));
        using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] signature = small.SignData(Message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        byte[] valid = ecdsa.ExportSubjectPublicKeyInfo();
        byte[] offCurve = [.. valid];
        offCurve[^1] ^= 1;
        byte[] valued = ecdsa.SignData(Message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.Multiple(() =>
        {
            Assert.That(Verify(KeyType.Rsa, small.ExportSubjectPublicKeyInfo(), signature), Is.EqualTo(ValidationCode.OutOfRange));
            Assert.That(Verify(KeyType.Ecdsa, otherCurve.ExportSubjectPublicKeyInfo(), valued), Is.EqualTo(ValidationCode.UnknownKind));
            Assert.That(Verify(KeyType.Rsa, valid, valued), Is.EqualTo(ValidationCode.Malformed), "an EC key that is called RSA");
            Assert.That(Verify(KeyType.Ecdsa, small.ExportSubjectPublicKeyInfo(), signature), Is.EqualTo(ValidationCode.Malformed));
            Assert.That(Verify(KeyType.Ecdsa, offCurve, valued), Is.EqualTo(ValidationCode.Malformed));
            Assert.That(Verify(KeyType.Ecdsa, [.. valid, 0], valued), Is.EqualTo(ValidationCode.Malformed));
            Assert.That(Verify(KeyType.Ecdsa, [], valued), Is.EqualTo(ValidationCode.Malformed));
            Assert.That(Verify(KeyType.Ecdsa, WithExplicitCurve(ecdsa), valued), Is.EqualTo(ValidationCode.UnknownKind));
            Assert.That(Verify(KeyType.Secp256k1, new byte[33], valued), Is.EqualTo(ValidationCode.BadSignature));
            Assert.That(Verify(KeyType.Secp256k1, new byte[65], valued), Is.EqualTo(ValidationCode.BadSignature));
            Assert.That(Verify(KeyType.Rsa, WithExponentOf(40), new byte[256]), Is.EqualTo(ValidationCode.OutOfRange));
        });
    }

    [Test]
    public void Mutated_keys_and_signatures_never_break_the_verifier()
    {
        Random mutations = new(4);
        using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using IdentityKey own = IdentityKey.Generate(new SeededRandomSource(8, "key"));
        byte[] signature = ecdsa.SignData(Message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        byte[] spki = ecdsa.ExportSubjectPublicKeyInfo();
        PublicKey.TryDecode(Convert.FromHexString(KeyVectors.Rsa), out PublicKey? rsa);
        for (int i = 0; i < 4_000; i++)
        {
            Verify(KeyType.Ecdsa, FrameMutation.Mutate(spki, mutations), signature);
            Verify(KeyType.Ecdsa, spki, FrameMutation.Mutate(signature, mutations));
            Verify(KeyType.Secp256k1, own.PublicKey.Data, FrameMutation.Mutate(signature, mutations));
            Verify(KeyType.Rsa, FrameMutation.Mutate(rsa!.Data, mutations), signature);
            Verify(KeyType.Ed25519, FrameMutation.Mutate(own.PublicKey.Data[1..], mutations), FrameMutation.Mutate(new byte[64], mutations));
        }
    }

    private static void ExpectOnlyThis(PublicKey key, byte[] signature)
    {
        byte[] changed = [.. signature];
        changed[^1] ^= 1;
        Assert.Multiple(() =>
        {
            Assert.That(Verifier.Verify(key, Message, signature).IsValid, Is.True);
            Assert.That(Verifier.Verify(key, [1, 2, 4], signature).Code, Is.EqualTo(ValidationCode.BadSignature));
            Assert.That(Verifier.Verify(key, Message, changed).Code, Is.EqualTo(ValidationCode.BadSignature));
            Assert.That(Verifier.Verify(key, Message, []).Code, Is.EqualTo(ValidationCode.BadSignature));
        });
    }

    private static ValidationCode Verify(KeyType type, ReadOnlySpan<byte> data, byte[] signature) =>
        Verifier.Verify(new PublicKey(type, data), Message, signature).Code;

    private static ValidationCode VerifyWith(IdentityKey key, byte[] signature)
    {
        ValidationCode code = Verifier.Verify(key.PublicKey, Message, signature).Code;
        Assert.That(IdentityVerifier.CreateInBox().Verify(key.PublicKey, Message, signature).Code, Is.EqualTo(code), "both implementations");
        return code;
    }

    private static (BigInteger R, BigInteger S) Read(byte[] der)
    {
        AsnReader sequence = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        return (sequence.ReadInteger(), sequence.ReadInteger());
    }

    private static byte[] Write(BigInteger r, BigInteger s)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(r);
            writer.WriteInteger(s);
        }

        return writer.Encode();
    }

    /// <summary>A key with the parameters of its curve in place of the curve's name.</summary>
    private static byte[] WithExplicitCurve(ECDsa key)
    {
        using ECDsa copy = ECDsa.Create(key.ExportExplicitParameters(includePrivateParameters: false));
        return copy.ExportSubjectPublicKeyInfo();
    }

    private static byte[] WithExponentOf(int bytes)
    {
        using RSA key = RSA.Create(2048);
        AsnWriter inner = new(AsnEncodingRules.DER);
        using (inner.PushSequence())
        {
            inner.WriteInteger(new BigInteger(key.ExportParameters(false).Modulus!, isUnsigned: true, isBigEndian: true));
            inner.WriteInteger(BigInteger.Pow(2, 8 * bytes) + 1);
        }

        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.2.840.113549.1.1.1");
                writer.WriteNull();
            }

            writer.WriteBitString(inner.Encode());
        }

        return writer.Encode();
    }
}
