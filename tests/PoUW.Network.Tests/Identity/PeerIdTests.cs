using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Identity;

[TestFixture]
internal sealed class PeerIdTests
{
    // The specification's examples of one id in all its texts (peer-ids, "String representation" and RFC 0001).
    private const string Sha256Text = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
    private const string Sha256Cid = "bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe";
    private const string Ed25519Text = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";

    [TestCase(Sha256Text)]
    [TestCase(Ed25519Text)]
    [TestCase("16Uiu2HAkutTMoTzDw1tCvSRtu6YoixJwS46S1ZFxW8hSx9fWHiPs")]
    [TestCase("12D3KooWM6CgA9iBFZmcYAHA6A2qvbAxqfkmrYiRQuz3XEsk4Ksv")]
    public void Base58_is_read_and_written(string text)
    {
        Assert.That(PeerId.TryParse(text, out PeerId id).IsValid, Is.True);
        Assert.That((id.ToString(), id.ToShortString()), Is.EqualTo((text, text[^8..])));
    }

    [Test]
    public void A_cid_names_the_same_peer()
    {
        PeerId.TryParse(Sha256Text, out PeerId id);
        Assert.That((PeerId.TryParse(Sha256Cid, out PeerId fromBase32).IsValid, fromBase32), Is.EqualTo((true, id)));
        string base58 = "z" + Base58Of([1, 0x72, .. id.Bytes]);
        Assert.That((PeerId.TryParse(base58, out PeerId fromBase58).IsValid, fromBase58), Is.EqualTo((true, id)));
    }

    [TestCase("")]
    [TestCase("Qm")]
    [TestCase("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5")]
    [TestCase("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N1")]
    [TestCase("0mYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")]
    [TestCase("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqx")]
    [TestCase("bafybeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe", TestName = "a CID of another codec")]
    [TestCase("BAFZBEIE5745RPV2M6TJYUUGYWY4D5EWRQGQQHFNF445HE3OMZPJBX5XQXE", TestName = "another multibase")]
    [TestCase("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxf", TestName = "bits behind the last byte")]
    [TestCase("zQmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")]
    [TestCase("11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111")]
    public void Any_other_text_is_refused(string text)
    {
        Assert.That((PeerId.TryParse(text, out PeerId id).IsValid, id.IsNone), Is.EqualTo((false, true)));
    }

    [TestCase(KeyVectors.Ecdsa, false)]
    [TestCase(KeyVectors.Rsa, false)]
    [TestCase(KeyVectors.Ed25519, true)]
    [TestCase(KeyVectors.Secp256k1, true)]
    public void A_short_key_is_in_its_id(string hex, bool isInline)
    {
        PublicKey.TryDecode(Convert.FromHexString(hex), out PublicKey? key);
        PeerId id = PeerId.Of(key!);
        Assert.That(id.TryGetKey(out PublicKey? found), Is.EqualTo(isInline));
        Assert.That(found, Is.EqualTo(isInline ? key : null));
        Assert.That((PeerId.TryDecode(id.Bytes, out PeerId decoded).IsValid, decoded == id), Is.EqualTo((true, true)));
    }

    [TestCase("")]
    [TestCase("00")]
    [TestCase("0000")]
    [TestCase("000201")]
    [TestCase("00020102ff")]
    [TestCase("1220ff")]
    [TestCase("1320000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")]
    [TestCase("1221000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20")]
    [TestCase("002b000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a")]
    public void Any_other_multihash_is_refused(string hex)
    {
        Assert.That(PeerId.TryDecode(Convert.FromHexString(hex), out PeerId id).Code, Is.EqualTo(ValidationCode.Malformed));
        Assert.That(id.IsNone, Is.True);
    }

    [Test]
    public void Ids_are_ordered_by_their_bytes()
    {
        PeerId.TryDecode([0, 2, 1, 1], out PeerId small);
        PeerId.TryDecode([0, 2, 1, 2], out PeerId large);
        PeerId.TryDecode([0, 2, 1, 2], out PeerId same);
        Assert.Multiple(() =>
        {
            Assert.That(small < large && large > small && small <= large && large >= same && small != large && large == same, Is.True);
            Assert.That(large.GetHashCode(), Is.EqualTo(same.GetHashCode()));
            Assert.That(default(PeerId) < small && default(PeerId).IsNone && default(PeerId).Equals((object)default(PeerId)), Is.True);
        });
    }

    [Test]
    public void Mutated_texts_and_bytes_never_break_the_decoders()
    {
        Random mutations = new(3);
        byte[] base58 = System.Text.Encoding.ASCII.GetBytes(Sha256Text);
        byte[] base32 = System.Text.Encoding.ASCII.GetBytes(Sha256Cid);
        for (int i = 0; i < 30_000; i++)
        {
            byte[] bytes = FrameMutation.Mutate(i % 2 == 0 ? base58 : base32, mutations);
            if (PeerId.TryParse(System.Text.Encoding.Latin1.GetString(bytes), out PeerId id).IsValid)
            {
                Assert.That((PeerId.TryParse(id.ToString(), out PeerId again).IsValid, again), Is.EqualTo((true, id)));
            }

            PeerId.TryDecode(FrameMutation.Mutate(id.IsNone ? [0x00, 0x02, 1, 2] : id.Bytes, mutations), out _);
        }
    }

    private static string Base58Of(byte[] bytes)
    {
        System.Numerics.BigInteger number = new(bytes, isUnsigned: true, isBigEndian: true);
        string text = "";
        for (; number > 0; number /= 58)
        {
            text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[(int)(number % 58)] + text;
        }

        return new string('1', bytes.TakeWhile(value => value == 0).Count()) + text;
    }
}
