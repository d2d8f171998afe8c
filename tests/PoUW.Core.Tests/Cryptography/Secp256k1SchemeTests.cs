using System.Numerics;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;

namespace PoUW.Core.Tests.Cryptography;

/// <summary>The suite on the platform's implementation, and its signing.</summary>
public sealed class Secp256k1SchemeTests : SignatureSchemeConformance
{
    private static readonly Hash256 Message = Hash256.Sha256("message"u8);

    protected override ISignatureScheme Scheme { get; } = new Secp256k1Scheme();

    [Test]
    public void Signatures_verify_and_are_always_low()
    {
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(1, "low-s"));
        for (int i = 0; i < 20; i++)
        {
            byte[] signature = pair.Sign(Message);
            Assert.That(Scheme.Verify(pair.PublicKey.Span, Message, signature), Is.True);
            Assert.That(new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true), Is.LessThanOrEqualTo(Order >> 1));
        }
    }

    [Test]
    public void The_largest_low_s_is_half_the_order()
    {
        // Whether s is low is decided before anything else, so the order of checks shows in no answer; the bound is tested by its effect.
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(2, "high-s"));
        byte[] signature = pair.Sign(Message);

        Assert.That(Scheme.Verify(pair.PublicKey.Span, Message, Twin(signature)), Is.False);
        Assert.That(Scheme.Verify(pair.PublicKey.Span, Message, Twin(Twin(signature))), Is.True);
    }

    [Test]
    public void The_rejecting_scheme_accepts_nothing()
    {
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(5, "reject"));
        ISignatureScheme scheme = new RejectingSignatureScheme();

        Assert.That(scheme.Verify(pair.PublicKey.Span, Message, pair.Sign(Message)), Is.False);
        Assert.That(scheme.Verify(pair.PublicKey.Span, Message, pair.Sign(Message), out Address signer), Is.False);
        Assert.That(signer, Is.EqualTo(Address.Zero));
        Assert.That(scheme.TryGetAddress(pair.PublicKey.Span, out _), Is.False);
    }
}
