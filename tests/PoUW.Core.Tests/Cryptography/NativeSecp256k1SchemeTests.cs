using System.Text;
using System.Text.Json;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;

namespace PoUW.Core.Tests.Cryptography;

/// <summary>The suite on libsecp256k1, and that both implementations agree on everything.</summary>
public sealed class NativeSecp256k1SchemeTests : SignatureSchemeConformance
{
    private readonly NativeSecp256k1Scheme? _native = NativeSecp256k1Scheme.TryCreate(out NativeSecp256k1Scheme? scheme) ? scheme : null;

    protected override ISignatureScheme Scheme => Native;

    private NativeSecp256k1Scheme Native
    {
        get
        {
            if (_native is null)
            {
                Assert.Ignore("libsecp256k1 is not on this machine (Debian package libsecp256k1-1).");
            }

            return _native!;
        }
    }

    [Test]
    public void Both_implementations_give_the_same_answer_to_mutated_signatures_and_keys()
    {
        Secp256k1Scheme inBox = new();
        Fuzzer fuzzer = new(1, "both schemes");
        SeededRandomSource random = new(1, "both keys");
        byte[] digest = new byte[32];
        int accepted = 0;
        for (int i = 0; i < 3_000; i++)
        {
            using KeyPair pair = KeyPair.Generate(random, Native);
            random.Fill(digest);
            Hash256 hash = new(digest);
            byte[] key = pair.PublicKey.ToArray();
            byte[] signature = pair.Sign(hash);
            switch (i % 6)
            {
                case 1:
                    signature = fuzzer.Mutate(signature);
                    break;
                case 2:
                    key = fuzzer.Mutate(key);
                    break;
                case 3:
                    signature = Twin(signature);
                    break;
                case 4:
                    key[0] ^= 1;
                    break;
                case 5:
                    random.Fill(key.AsSpan(1));
                    break;
            }

            bool expected = inBox.Verify(key, hash, signature, out Address signer);
            accepted += expected ? 1 : 0;
            Assert.That(Native.Verify(key, hash, signature, out Address nativeSigner), Is.EqualTo(expected), Case(key, signature));
            Assert.That(nativeSigner, Is.EqualTo(signer));
            Assert.That(Native.TryGetAddress(key, out Address ours), Is.EqualTo(inBox.TryGetAddress(key, out Address theirs)), Case(key, signature));
            Assert.That(ours, Is.EqualTo(theirs));
        }

        Assert.That(accepted, Is.InRange(500, 520), "The unchanged signatures, and next to no others, are valid.");
    }

    [Test]
    public void Each_implementation_accepts_the_signatures_of_the_other()
    {
        Secp256k1Scheme inBox = new();
        SeededRandomSource random = new(2, "both sign");
        byte[] secret = new byte[32];
        for (int i = 0; i < 200; i++)
        {
            random.Fill(secret);
            Hash256 hash = Hash256.Sha256(secret);
            using KeyPair platform = KeyPair.FromPrivateKey(secret);
            using KeyPair native = KeyPair.FromPrivateKey(secret, Native);

            Assert.That(native.PublicKey.ToArray(), Is.EqualTo(platform.PublicKey.ToArray()));
            Assert.That(native.Address, Is.EqualTo(platform.Address));
            Assert.That(Native.Verify(platform.PublicKey.Span, hash, platform.Sign(hash)), Is.True);
            Assert.That(inBox.Verify(native.PublicKey.Span, hash, native.Sign(hash)), Is.True);
        }
    }

    [Test]
    public void Signatures_are_those_of_RFC_6979()
    {
        foreach (JsonElement vector in PublishedVectors.Read("secp256k1", "rfc6979.json"))
        {
            using KeyPair pair = KeyPair.FromPrivateKey(PublishedVectors.Bytes(vector, "privateKey"), Native);
            Hash256 hash = Hash256.Sha256(Encoding.UTF8.GetBytes(vector.GetProperty("message").GetString()!));

            Assert.That(Convert.ToHexStringLower(pair.Sign(hash)), Is.EqualTo(vector.GetProperty("signature").GetString()));
        }
    }

    [Test]
    public void Bytes_that_are_no_private_key_sign_nothing()
    {
        byte[] signature = new byte[64];
        foreach (byte[] secret in new[] { [], new byte[31], new byte[32], new byte[33], Bytes(Order), Enumerable.Repeat((byte)0xFF, 32).ToArray() })
        {
            Assert.That(Native.TrySign(secret, Hash256.Zero, signature), Is.False);
        }

        Assert.That(() => Native.TrySign(Bytes(1), Hash256.Zero, new byte[63]), Throws.ArgumentException);
        Assert.That(() => KeyPair.FromPrivateKey(new byte[32], Native), Throws.ArgumentException);
    }

    [Test]
    public void A_disposed_pair_signs_no_more_and_keeps_its_address()
    {
        foreach (NativeSecp256k1Scheme? native in new[] { null, Native })
        {
            KeyPair pair = KeyPair.FromPrivateKey(Bytes(1), native);
            Assert.That(pair.ExportPrivateKey(), Is.EqualTo(Bytes(1)));
            pair.Dispose();
            pair.Dispose();

            Assert.That(() => pair.Sign(Hash256.Zero), Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(pair.ExportPrivateKey, Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(pair.Address.ToString(), Is.EqualTo("0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"));
        }
    }

    [Test]
    public void The_default_choice_is_the_library()
    {
        Assert.That(Native, Is.Not.Null);
        Assert.That(SignatureSchemes.CreateSecp256k1(), Is.InstanceOf<NativeSecp256k1Scheme>());
    }

    private static string Case(byte[] key, byte[] signature) => $"key {Convert.ToHexString(key)}, signature {Convert.ToHexString(signature)}";
}
