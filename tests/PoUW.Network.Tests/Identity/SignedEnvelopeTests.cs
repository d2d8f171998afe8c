using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Protobuf;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Identity;

[TestFixture]
internal sealed class SignedEnvelopeTests
{
    private const string Domain = "test";

    private static readonly IdentityVerifier Verifier = IdentityVerifier.Create();

    private static readonly IdentityKey Key = IdentityKey.Generate(new SeededRandomSource(1, "envelope"));

    private static readonly byte[] Type = [1, 2];

    private static readonly byte[] Payload = [3, 4, 5];

    [Test]
    public void A_sealed_payload_is_opened_with_its_signer()
    {
        byte[] encoded = SignedEnvelope.Seal(Key, Domain, Type, Payload).Encode();
        Assert.That(SignedEnvelope.TryOpen(encoded, Domain, Type, Verifier, out SignedEnvelope? opened).IsValid, Is.True);
        Assert.Multiple(() =>
        {
            Assert.That((opened!.Signer, opened.Key), Is.EqualTo((Key.Id, Key.PublicKey)));
            Assert.That((opened.Payload.ToArray(), opened.PayloadType.ToArray()), Is.EqualTo((Payload, Type)));
            Assert.That(opened.Encode(), Is.EqualTo(encoded));
        });
    }

    [Test]
    public void What_was_signed_for_something_else_is_worth_nothing()
    {
        SignedEnvelope good = SignedEnvelope.Seal(Key, Domain, Type, Payload);
        IdentityKey thief = IdentityKey.Generate(new SeededRandomSource(2, "envelope"));
        byte[] key = Key.PublicKey.Encode();
        byte[] signature = good.Signature.ToArray();
        Assert.Multiple(() =>
        {
            Expect(Write(key, Type, Payload, signature), ValidationCode.Ok, "as it was");
            Expect(SignedEnvelope.Seal(Key, "other", Type, Payload).Encode(), ValidationCode.BadSignature, "another domain");
            Expect(SignedEnvelope.Seal(Key, Domain, [9], Payload).Encode(), ValidationCode.UnknownKind, "another type");
            Expect(Write(key, Type, [3, 4, 6], signature), ValidationCode.BadSignature, "another payload");
            Expect(Write(key, Type, Payload, thief.Sign(Payload)), ValidationCode.BadSignature, "another signer");
            Expect(Write(thief.PublicKey.Encode(), Type, Payload, signature), ValidationCode.BadSignature, "another key");
            Expect(Write(key, Type, Payload, []), ValidationCode.BadSignature, "no signature");
            Expect(Write([], Type, Payload, signature), ValidationCode.Malformed, "no key");
            Expect(Write(key, [], Payload, signature), ValidationCode.UnknownKind, "no type");
            Expect([], ValidationCode.Malformed, "nothing");
            Expect([.. Write(key, Type, Payload, signature), 0xff], ValidationCode.Malformed, "something behind");
            Expect(new byte[SignedEnvelope.MaxBytes + 1], ValidationCode.TooLarge, "too long");

            // Lengths are signed too: bytes cannot move from the type to the payload.
            Assert.That(
                SignedEnvelope.TryOpen(Write(key, [1], [2, 3, 4, 5], signature), Domain, [1], Verifier, out _).Code,
                Is.EqualTo(ValidationCode.BadSignature));
        });
    }

    [Test]
    public void Envelopes_are_bounded_on_both_sides()
    {
        Assert.That(() => SignedEnvelope.Seal(Key, Domain, Type, new byte[SignedEnvelope.MaxBytes]), Throws.ArgumentException);
        byte[] many = [.. Write(Key.PublicKey.Encode(), Type, Payload, [1]), .. Enumerable.Repeat<byte[]>([0x30, 1], 20).SelectMany(field => field)];
        Expect(many, ValidationCode.Malformed, "too many fields");
    }

    [Test]
    public void Mutated_envelopes_are_never_taken_for_another_payload()
    {
        Random mutations = new(7);
        byte[] valid = SignedEnvelope.Seal(Key, Domain, Type, Payload).Encode();
        for (int i = 0; i < 30_000; i++)
        {
            if (SignedEnvelope.TryOpen(FrameMutation.Mutate(valid, mutations), Domain, Type, Verifier, out SignedEnvelope? opened).IsValid)
            {
                Assert.That(opened!.Payload.ToArray(), Is.EqualTo(Payload));
                Assert.That(opened.Signer, Is.EqualTo(Key.Id));
            }
        }
    }

    private static void Expect(byte[] encoded, ValidationCode code, string name)
    {
        ValidationResult result = SignedEnvelope.TryOpen(encoded, Domain, Type, Verifier, out SignedEnvelope? opened);
        Assert.That((result.Code, opened is not null), Is.EqualTo((code, code == ValidationCode.Ok)), $"{name}: {result}");
    }

    private static byte[] Write(byte[] key, byte[] type, byte[] payload, byte[] signature)
    {
        ProtoWriter writer = new();
        writer.WriteBytes(1, key);
        writer.WriteBytes(2, type);
        writer.WriteBytes(3, payload);
        writer.WriteBytes(5, signature);
        return writer.ToArray();
    }
}
