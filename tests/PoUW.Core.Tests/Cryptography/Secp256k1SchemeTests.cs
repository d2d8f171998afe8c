using System.Globalization;
using System.Numerics;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;

namespace PoUW.Core.Tests.Cryptography;

public sealed class Secp256k1SchemeTests
{
    private static readonly BigInteger Order = BigInteger.Parse(
        "00FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static readonly Hash256 Message = Hash256.Sha256("message"u8);
    private readonly Secp256k1Scheme _scheme = new();

    // RFC 6979 style vector that many libraries share: private key 1, SHA-256("Satoshi Nakamoto").
    [Test]
    public void Accepts_the_published_signature_of_private_key_one()
    {
        byte[] signature = Convert.FromHexString(
            "934B1EA10A4B3C1757E2B0C017D0B6143CE3C9A7E6A4A49860D7A6AB210EE3D82442CE9D2B916064108014783E923EC36B49743E2FFA1C4496F01A512AAFD9E5");
        byte[] publicKey = Convert.FromHexString("0279BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798");

        Assert.That(_scheme.Verify(publicKey, Hash256.Sha256("Satoshi Nakamoto"u8), signature), Is.True);
        Assert.That(_scheme.Verify(publicKey, Hash256.Sha256("Satoshi Nakamoto!"u8), signature), Is.False);
    }

    [Test]
    public void Signatures_verify_and_are_always_low()
    {
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(1, "low-s"));
        for (int i = 0; i < 20; i++)
        {
            byte[] signature = pair.Sign(Message);
            Assert.That(_scheme.Verify(pair.PublicKey.Span, Message, signature), Is.True);
            Assert.That(new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true), Is.LessThanOrEqualTo(Order >> 1));
        }
    }

    [Test]
    public void The_high_twin_of_a_valid_signature_is_refused()
    {
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(2, "high-s"));
        byte[] signature = pair.Sign(Message);
        BigInteger high = Order - new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        byte[] twin = [.. signature.AsSpan(0, 32), .. high.ToByteArray(isUnsigned: true, isBigEndian: true)];

        Assert.That(twin, Has.Length.EqualTo(64));
        Assert.That(_scheme.Verify(pair.PublicKey.Span, Message, twin), Is.False);
    }

    [Test]
    public void Every_changed_byte_breaks_the_signature_and_nothing_throws()
    {
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(3, "flip"));
        byte[] signature = pair.Sign(Message);
        for (int i = 0; i < signature.Length; i++)
        {
            byte[] changed = [.. signature];
            changed[i] ^= 1;
            Assert.That(_scheme.Verify(pair.PublicKey.Span, Message, changed), Is.False, $"byte {i}");
        }
    }

    [Test]
    public void Degenerate_signatures_are_refused()
    {
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(4, "degenerate"));
        byte[] one = new byte[32];
        one[31] = 1;
        byte[] order = Order.ToByteArray(isUnsigned: true, isBigEndian: true);
        byte[] zero = new byte[32];
        byte[][] degenerate = [[.. zero, .. zero], [.. one, .. zero], [.. zero, .. one], [.. order, .. one], [.. one, .. order], [], new byte[63]];
        foreach (byte[] signature in degenerate)
        {
            Assert.That(_scheme.Verify(pair.PublicKey.Span, Message, signature), Is.False);
        }
    }

    [TestCase("", TestName = "empty")]
    [TestCase("0479BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798", TestName = "wrong prefix")]
    [TestCase("020000000000000000000000000000000000000000000000000000000000000005", TestName = "x without a point")]
    [TestCase("02FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC30", TestName = "x beyond the prime")]
    public void Bytes_that_are_no_public_key_have_no_address_and_no_signatures(string publicKey)
    {
        byte[] key = Convert.FromHexString(publicKey);

        Assert.That(_scheme.TryGetAddress(key, out _), Is.False);
        Assert.That(_scheme.Verify(key, Message, Enumerable.Repeat((byte)1, 64).ToArray()), Is.False);
    }

    [Test]
    public void The_rejecting_scheme_accepts_nothing()
    {
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(5, "reject"));
        RejectingSignatureScheme scheme = new();

        Assert.That(scheme.Verify(pair.PublicKey.Span, Message, pair.Sign(Message)), Is.False);
        Assert.That(scheme.TryGetAddress(pair.PublicKey.Span, out _), Is.False);
    }
}
