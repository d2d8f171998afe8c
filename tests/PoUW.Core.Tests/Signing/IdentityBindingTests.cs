using PoUW.Core.Codec;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Signing;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Signing;

[TestFixture]
internal sealed class IdentityBindingTests
{
    private static readonly KeyPair Pair = KeyPair.Generate(new SeededRandomSource(1, "binding"));

    private static readonly IdentityBinding Binding = new(Hash256.Sha256([1]), Pair.PublicKey, new byte[] { 0, 2, 7, 8 }, 3, 1_800_000_000);

    [Test]
    public void A_statement_is_read_as_it_was_written()
    {
        Assert.That(IdentityBinding.TryDecode(Binding.Encode(), out IdentityBinding? read).IsValid, Is.True);
        Assert.Multiple(() =>
        {
            Assert.That(read!.Encode(), Is.EqualTo(Binding.Encode()));
            Assert.That(read.HashForSigning, Is.EqualTo(Binding.HashForSigning));
            Assert.That((read.Network, read.Sequence, read.ExpiresAt), Is.EqualTo((Binding.Network, Binding.Sequence, Binding.ExpiresAt)));
            Assert.That(read.Identity.ToArray(), Is.EqualTo(Binding.Identity.ToArray()));
        });
    }

    [Test]
    public void Every_field_is_signed()
    {
        Hash256[] hashes =
        [
            Binding.HashForSigning,
            (Binding with { Network = Hash256.Zero }).HashForSigning,
            (Binding with { PublicKey = new byte[33] }).HashForSigning,
            (Binding with { Identity = new byte[] { 1 } }).HashForSigning,
            (Binding with { Sequence = 4 }).HashForSigning,
            (Binding with { ExpiresAt = 4 }).HashForSigning,
        ];
        Assert.That(hashes, Is.Unique);
    }

    [Test]
    public void Other_forms_are_refused()
    {
        byte[] valid = Binding.Encode();
        Assert.Multiple(() =>
        {
            Expect([], ValidationCode.Malformed);
            Expect([.. valid, 0], ValidationCode.Malformed);
            Expect(valid[..^1], ValidationCode.Malformed);
            Expect((Binding with { Identity = default }).Encode(), ValidationCode.Malformed);
            Expect((Binding with { PublicKey = new byte[32] }).Encode(), ValidationCode.Malformed);
            Expect((Binding with { Identity = new byte[IdentityBinding.MaxIdentityBytes + 1] }).Encode(), ValidationCode.Malformed);
            Expect(new byte[IdentityBinding.MaxEncodedBytes + 1], ValidationCode.TooLarge);
            Expect(new RlpWriter().BeginList().Write(Binding.Network).Write(Pair.PublicKey.Span).Write([1]).Write(1).EndList().Finish(), ValidationCode.Malformed);
        });
        IdentityBinding largest = Binding with
        {
            Identity = new byte[IdentityBinding.MaxIdentityBytes],
            Sequence = ulong.MaxValue,
            ExpiresAt = ulong.MaxValue,
        };
        Assert.That(largest.Encode(), Has.Length.LessThanOrEqualTo(IdentityBinding.MaxEncodedBytes));
        Expect(largest.Encode(), ValidationCode.Ok);
    }

    private static void Expect(byte[] encoded, ValidationCode code)
    {
        ValidationResult result = IdentityBinding.TryDecode(encoded, out IdentityBinding? read);
        Assert.That((result.Code, read is not null), Is.EqualTo((code, code == ValidationCode.Ok)));
    }
}
