using System.Text;
using System.Text.Json;
using Nethereum.Signer;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;

namespace PoUW.Interop.Nethereum.Tests;

[TestFixture]
public sealed class KeyConversionTests
{
    [Test]
    public void A_key_is_one_account_on_both_sides_and_comes_back()
    {
        SeededRandomSource random = new(1, "keys");
        for (int i = 0; i < 50; i++)
        {
            using KeyPair pair = KeyPair.Generate(random);
            EthECKey key = pair.ToNethereum();
            using KeyPair back = key.ToKeyPair();

            Assert.That(key.GetPublicAddress(), Is.EqualTo(pair.Address.ToNethereum()));
            Assert.That(key.GetPubKey(compresseed: true), Is.EqualTo(pair.PublicKey.ToArray()));
            Assert.That(back.ExportPrivateKey(), Is.EqualTo(pair.ExportPrivateKey()));
        }
    }

    [Test]
    public void Leading_zeros_of_a_private_key_are_kept([Values(1, 5, 31)] int zeros)
    {
        byte[] secret = new byte[32];
        secret.AsSpan(zeros).Fill(7);
        using KeyPair pair = KeyPair.FromPrivateKey(secret);
        using KeyPair back = pair.ToNethereum().ToKeyPair();

        Assert.That(back.Address, Is.EqualTo(pair.Address));
        Assert.That(back.ExportPrivateKey(), Is.EqualTo(secret));
    }

    /// <summary>The first account of the well-known test phrase of Ethereum's development chains ("test test ... junk").</summary>
    [Test]
    public void A_well_known_account()
    {
        EthECKey key = new("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
        using KeyPair pair = key.ToKeyPair();
        Assert.That(pair.Address.ToString(), Is.EqualTo("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
    }

    [Test]
    public void A_key_out_of_range_is_refused() =>
        Assert.That(
            () => new EthECKey("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").ToKeyPair(), Throws.InstanceOf<ArgumentException>());

    [Test]
    public void Each_side_verifies_what_the_other_signs()
    {
        Secp256k1Scheme scheme = new();
        SeededRandomSource random = new(2, "signatures");
        for (int i = 0; i < 20; i++)
        {
            using KeyPair pair = KeyPair.Generate(random);
            EthECKey key = pair.ToNethereum();
            Hash256 hash = Hash256.Sha256([(byte)i]);

            Assert.That(scheme.Verify(pair.PublicKey.Span, hash, key.Sign(hash)), "Nethereum signed");
            Assert.That(SignatureConversions.TryToNethereum(pair.Sign(hash), hash, pair.PublicKey.Span, out EthECDSASignature? ours));
            Assert.That(key.VerifyAllowingOnlyLowS(hash.ToArray(), ours), "we signed");
            Assert.That(EthECKey.RecoverFromSignature(ours, hash.ToArray()).GetPublicAddress(), Is.EqualTo(pair.Address.ToNethereum()));
        }
    }

    [Test]
    public void What_is_not_the_signature_of_the_key_is_not_converted()
    {
        SeededRandomSource random = new(3, "false");
        using KeyPair pair = KeyPair.Generate(random);
        using KeyPair other = KeyPair.Generate(random);
        Hash256 hash = Hash256.Sha256([1]);
        byte[] signature = pair.Sign(hash);

        Assert.That(Converts(signature, hash, other), Is.False);
        Assert.That(Converts(signature, Hash256.Sha256([2]), pair), Is.False);
        Assert.That(Converts(signature[..63], hash, pair), Is.False);
        Assert.That(Converts(new byte[64], hash, pair), Is.False);
        signature[^1] ^= 1;
        Assert.That(Converts(signature, hash, pair), Is.False);
    }

    /// <summary>Both sign deterministically (RFC 6979): the same bytes as the published vectors.</summary>
    [Test]
    public void Nethereum_gives_the_published_deterministic_signatures()
    {
        using JsonDocument file = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "vectors", "secp256k1", "rfc6979.json")));
        foreach (JsonElement vector in file.RootElement.GetProperty("vectors").EnumerateArray())
        {
            EthECKey key = new(vector.GetProperty("privateKey").GetString()!);
            Hash256 hash = Hash256.Sha256(Encoding.UTF8.GetBytes(vector.GetProperty("message").GetString()!));
            Assert.That(Convert.ToHexStringLower(key.Sign(hash)), Is.EqualTo(vector.GetProperty("signature").GetString()));
        }
    }

    private static bool Converts(byte[] signature, Hash256 hash, KeyPair pair) =>
        SignatureConversions.TryToNethereum(signature, hash, pair.PublicKey.Span, out _);
}
