using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Identity;

[TestFixture]
internal sealed class PublicKeyTests
{
    [TestCase(KeyVectors.Ecdsa, KeyType.Ecdsa, 91)]
    [TestCase(KeyVectors.Ed25519, KeyType.Ed25519, 32)]
    [TestCase(KeyVectors.Secp256k1, KeyType.Secp256k1, 33)]
    [TestCase(KeyVectors.Rsa, KeyType.Rsa, 550)]
    public void The_keys_of_the_specification_are_read_and_written(string hex, KeyType type, int bytes)
    {
        byte[] encoded = Convert.FromHexString(hex);
        Assert.That(PublicKey.TryDecode(encoded, out PublicKey? key).IsValid, Is.True);
        Assert.Multiple(() =>
        {
            Assert.That((key!.Type, key.Data.Length), Is.EqualTo((type, bytes)));
            Assert.That(key.Encode(), Is.EqualTo(encoded));
            Assert.That(key, Is.EqualTo(new PublicKey(type, key.Data)));
            Assert.That(key.GetHashCode(), Is.EqualTo(new PublicKey(type, key.Data).GetHashCode()));
        });
    }

    [TestCase("", ValidationCode.Malformed, TestName = "empty")]
    [TestCase("0801", ValidationCode.Malformed, TestName = "no data")]
    [TestCase("12021234", ValidationCode.Malformed, TestName = "no type")]
    [TestCase("08011200", ValidationCode.Malformed, TestName = "empty data")]
    [TestCase("1202123408 01", ValidationCode.Malformed, TestName = "other order")]
    [TestCase("0801120212341801", ValidationCode.Malformed, TestName = "a third field")]
    [TestCase("080108011202 1234", ValidationCode.Malformed, TestName = "the type twice")]
    [TestCase("0881001202 1234", ValidationCode.Malformed, TestName = "a type in a longer form")]
    [TestCase("0801128200 1234", ValidationCode.Malformed, TestName = "a length in a longer form")]
    [TestCase("0a0101 12021234", ValidationCode.Malformed, TestName = "a type of bytes")]
    [TestCase("0801 1005", ValidationCode.Malformed, TestName = "data that is a number")]
    [TestCase("0801 120312", ValidationCode.Malformed, TestName = "a length beyond the end")]
    [TestCase("0804 12021234", ValidationCode.UnknownKind, TestName = "a type that is not known")]
    [TestCase("08ffffffffffffffffff01 12021234", ValidationCode.UnknownKind, TestName = "the largest type")]
    public void Any_other_encoding_is_refused(string hex, ValidationCode code)
    {
        ValidationResult result = PublicKey.TryDecode(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), out PublicKey? key);
        Assert.That((result.Code, key), Is.EqualTo((code, (PublicKey?)null)), result.ToString());
    }

    [Test]
    public void An_encoding_above_the_limit_is_refused_before_it_is_read()
    {
        Assert.That(PublicKey.TryDecode(new byte[PublicKey.MaxEncodedBytes + 1], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
    }

    [Test]
    public void Mutated_encodings_never_break_the_decoder_and_have_one_form()
    {
        Random mutations = new(2);
        byte[] valid = Convert.FromHexString(KeyVectors.Secp256k1);
        for (int i = 0; i < 50_000; i++)
        {
            byte[] bytes = FrameMutation.Mutate(valid, mutations);
            if (PublicKey.TryDecode(bytes, out PublicKey? key).IsValid)
            {
                Assert.That(key!.Encode(), Is.EqualTo(bytes));
            }
        }
    }
}
