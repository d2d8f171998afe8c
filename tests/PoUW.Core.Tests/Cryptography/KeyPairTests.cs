using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;

namespace PoUW.Core.Tests.Cryptography;

public sealed class KeyPairTests
{
    // Public points: multiples of the generator (SEC 2); addresses: the well-known accounts of private keys 1 to 3.
    [TestCase(1, "0279BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798", "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf")]
    [TestCase(2, "02C6047F9441ED7D6D3045406E95C07CD85C778E4B8CEF3CA7ABAC09B95C709EE5", "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF")]
    [TestCase(3, "02F9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9", "0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69")]
    public void Known_private_keys_give_the_known_points_and_addresses(byte key, string publicKey, string address)
    {
        using KeyPair pair = KeyPair.FromPrivateKey(Scalar(key));

        Assert.That(Convert.ToHexString(pair.PublicKey.Span), Is.EqualTo(publicKey));
        Assert.That(pair.Address.ToString(), Is.EqualTo(address));
        Assert.That(new Secp256k1Scheme().TryGetAddress(pair.PublicKey.Span, out Address derived), Is.True);
        Assert.That(derived, Is.EqualTo(pair.Address));
    }

    [Test]
    public void The_largest_private_key_gives_the_negated_generator()
    {
        byte[] largest = Convert.FromHexString("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364140");
        using KeyPair pair = KeyPair.FromPrivateKey(largest);

        Assert.That(
            Convert.ToHexString(pair.PublicKey.Span), Is.EqualTo("0379BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798"));
    }

    [TestCase("0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141")]
    [TestCase("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF")]
    [TestCase("01")]
    public void Numbers_outside_the_group_are_refused(string key)
    {
        Assert.That(() => KeyPair.FromPrivateKey(Convert.FromHexString(key)), Throws.ArgumentException);
    }

    [Test]
    public void A_seeded_source_always_gives_the_same_keys()
    {
        SeededRandomSource first = new(7, "keys");
        SeededRandomSource second = new(7, "keys");
        using KeyPair a = KeyPair.Generate(first);
        using KeyPair b = KeyPair.Generate(second);
        using KeyPair c = KeyPair.Generate(second);

        Assert.That(b.Address, Is.EqualTo(a.Address));
        Assert.That(c.Address, Is.Not.EqualTo(a.Address));
    }

    [Test]
    public void The_exported_private_key_restores_the_pair()
    {
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(8, "keys"));
        using KeyPair restored = KeyPair.FromPrivateKey(pair.ExportPrivateKey());

        Assert.That(restored.Address, Is.EqualTo(pair.Address));
    }

    private static byte[] Scalar(byte value)
    {
        byte[] bytes = new byte[32];
        bytes[31] = value;
        return bytes;
    }
}
