using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;

namespace PoUW.Core.Tests.Cryptography;

/// <summary>What every implementation of ECDSA over secp256k1 must accept and refuse.</summary>
public abstract class SignatureSchemeConformance
{
    protected static readonly BigInteger Order = BigInteger.Parse(
        "00FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static readonly Hash256 Message = Hash256.Sha256("message"u8);

    /// <summary>The scheme under test; ignores the test where the machine has none.</summary>
    protected abstract ISignatureScheme Scheme { get; }

    [Test]
    public void The_scheme_byte_is_that_of_secp256k1() => Assert.That(Scheme.Id, Is.EqualTo(1));

    // Wycheproof: edge cases of the arithmetic, of r and s, of keys and of hashes.
    [Test]
    public void Published_vectors_are_accepted_if_valid_and_low()
    {
        IReadOnlyList<JsonElement> vectors = PublishedVectors.Read("secp256k1", "ecdsa.json");
        Assert.That(vectors, Has.Count.EqualTo(252));
        foreach (JsonElement vector in vectors)
        {
            byte[] key = PublishedVectors.Bytes(vector, "key");
            byte[] signature = PublishedVectors.Bytes(vector, "signature");
            Hash256 hash = new(PublishedVectors.Bytes(vector, "hash"));
            bool valid = vector.GetProperty("valid").GetBoolean();
            bool low = vector.GetProperty("low").GetBoolean();
            Check(key, hash, signature, valid && low, vector.GetProperty("comment").GetString()!);
            if (valid && !low)
            {
                Check(key, hash, Twin(signature), true, "the low twin of " + vector.GetProperty("comment").GetString());
            }
        }
    }

    [Test]
    public void Published_deterministic_signatures_are_accepted()
    {
        foreach (JsonElement vector in PublishedVectors.Read("secp256k1", "rfc6979.json"))
        {
            using KeyPair pair = KeyPair.FromPrivateKey(PublishedVectors.Bytes(vector, "privateKey"));
            string message = vector.GetProperty("message").GetString()!;
            Hash256 hash = Hash256.Sha256(Encoding.UTF8.GetBytes(message));
            byte[] signature = PublishedVectors.Bytes(vector, "signature");

            Check(pair.PublicKey.ToArray(), hash, signature, true, message);
            Check(pair.PublicKey.ToArray(), hash, Twin(signature), false, "the high twin for " + message);
            Check(pair.PublicKey.ToArray(), Hash256.Sha256([1]), signature, false, "another message than " + message);
        }
    }

    [Test]
    public void Every_changed_byte_breaks_the_signature()
    {
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(3, "flip"));
        byte[] signature = pair.Sign(Message);
        byte[] key = pair.PublicKey.ToArray();
        Check(key, Message, signature, true, "unchanged");
        for (int i = 0; i < signature.Length; i++)
        {
            signature[i] ^= 1;
            Check(key, Message, signature, false, $"byte {i} of the signature");
            signature[i] ^= 1;
        }

        for (int i = 0; i < key.Length; i++)
        {
            key[i] ^= 1;
            Check(key, Message, signature, false, $"byte {i} of the key");
            key[i] ^= 1;
        }
    }

    [Test]
    public void Degenerate_r_and_s_are_refused()
    {
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(4, "degenerate"));
        BigInteger[] values = [0, 1, Order >> 1, (Order >> 1) + 1, Order - 1, Order, Order + 1, (BigInteger.One << 256) - 1];
        foreach (BigInteger r in values)
        {
            foreach (BigInteger s in values)
            {
                Check(pair.PublicKey.ToArray(), Message, [.. Bytes(r), .. Bytes(s)], false, $"r {r}, s {s}");
            }
        }
    }

    [Test]
    public void Wrong_lengths_are_refused([Values(0, 1, 32, 63, 65, 72, 128)] int length)
    {
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(5, "length"));
        byte[] signature = pair.Sign(Message);
        Array.Resize(ref signature, length);

        Check(pair.PublicKey.ToArray(), Message, signature, false, $"{length} bytes");
    }

    [TestCase("", TestName = "empty key")]
    [TestCase("00", TestName = "infinity")]
    [TestCase("000000000000000000000000000000000000000000000000000000000000000000", TestName = "zeros")]
    [TestCase("0479BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798", TestName = "wrong prefix")]
    [TestCase("020000000000000000000000000000000000000000000000000000000000000005", TestName = "x without a point")]
    [TestCase("02FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F", TestName = "x is the prime")]
    [TestCase("02FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC30", TestName = "x beyond the prime")]
    [TestCase("02FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", TestName = "x of all ones")]
    [TestCase("0279BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F817", TestName = "cut short")]
    [TestCase("0279BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F8179800", TestName = "one byte too many")]
    [TestCase(
        "0479BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8",
        TestName = "uncompressed")]
    [TestCase(
        "0679BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8",
        TestName = "hybrid")]
    public void Bytes_that_are_no_compressed_key_have_no_address_and_no_signatures(string publicKey)
    {
        byte[] key = Convert.FromHexString(publicKey);
        using KeyPair one = KeyPair.FromPrivateKey([.. new byte[31], 1]);

        Assert.That(Scheme.TryGetAddress(key, out Address address), Is.False);
        Assert.That(address, Is.EqualTo(Address.Zero));
        Check(key, Message, one.Sign(Message), false, "malformed key");
    }

    [Test]
    public void Addresses_are_those_of_the_keys()
    {
        SeededRandomSource random = new(6, "addresses");
        for (int i = 0; i < 20; i++)
        {
            using KeyPair pair = KeyPair.Generate(random);
            Assert.That(Scheme.TryGetAddress(pair.PublicKey.Span, out Address address), Is.True);
            Assert.That(address, Is.EqualTo(pair.Address));
        }
    }

    [Test]
    public void Many_threads_verify_with_one_instance()
    {
        using KeyPair pair = KeyPair.Generate(new SeededRandomSource(7, "threads"));
        ISignatureScheme scheme = Scheme;
        byte[] signature = pair.Sign(Message);
        byte[] twin = Twin(signature);
        int wrong = 0;
        Parallel.For(0, 200, i =>
        {
            bool good = (i & 1) == 0;
            if (scheme.Verify(pair.PublicKey.Span, Message, good ? signature : twin) != good)
            {
                Interlocked.Increment(ref wrong);
            }
        });

        Assert.That(wrong, Is.Zero);
    }

    /// <summary>The other valid value of s.</summary>
    protected static byte[] Twin(byte[] signature) =>
        [.. signature.AsSpan(0, 32), .. Bytes(Order - new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true))];

    protected static byte[] Bytes(BigInteger value)
    {
        byte[] bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }

    private void Check(byte[] key, Hash256 hash, byte[] signature, bool expected, string what)
    {
        Assert.That(Scheme.Verify(key, hash, signature), Is.EqualTo(expected), what);
        Assert.That(Scheme.Verify(key, hash, signature, out Address signer), Is.EqualTo(expected), what);
        Assert.That(signer, Is.EqualTo(expected && Scheme.TryGetAddress(key, out Address address) ? address : Address.Zero), what);
    }
}
