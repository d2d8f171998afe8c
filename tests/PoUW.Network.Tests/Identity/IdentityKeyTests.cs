using System.Security.Cryptography;
using PoUW.Core.Cryptography;
using PoUW.Core.Cryptography.KeyFiles;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Tests.Identity;

[TestFixture]
internal sealed class IdentityKeyTests
{
    private static readonly byte[] Message = [1, 2, 3];

    [Test]
    public void The_private_key_of_the_specification_gives_its_public_key()
    {
        using IdentityKey key = IdentityKey.FromPrivateKey(Convert.FromHexString(KeyVectors.Secp256k1Private));
        Assert.Multiple(() =>
        {
            Assert.That(key.PublicKey.Encode(), Is.EqualTo(Convert.FromHexString(KeyVectors.Secp256k1)));
            Assert.That(key.Id, Is.EqualTo(PeerId.Of(key.PublicKey)));
            Assert.That(key.Id.ToString(), Does.StartWith("16Uiu2HA"));
            Assert.That(key.ExportPrivateKey(), Is.EqualTo(Convert.FromHexString(KeyVectors.Secp256k1Private)));
        });
    }

    [Test]
    public void Signatures_are_verified_by_both_implementations_and_by_the_platform([Range(0, 19)] int seed)
    {
        NativeSecp256k1Scheme.TryCreate(out NativeSecp256k1Scheme? native);
        using IdentityKey inBox = IdentityKey.Generate(new SeededRandomSource((ulong)seed, "key"));
        using IdentityKey fast = IdentityKey.Generate(new SeededRandomSource((ulong)seed, "key"), native);
        Assert.That(fast.Id, Is.EqualTo(inBox.Id));
        foreach (IdentityKey key in (IdentityKey[])[inBox, fast])
        {
            byte[] signature = key.Sign(Message);
            using ECDsa platform = PlatformKey(key.ExportPrivateKey());
            Assert.Multiple(() =>
            {
                Assert.That(signature, Has.Length.LessThanOrEqualTo(72));
                Assert.That(IdentityVerifier.Create().Verify(key.PublicKey, Message, signature).IsValid, Is.True);
                Assert.That(IdentityVerifier.CreateInBox().Verify(key.PublicKey, Message, signature).IsValid, Is.True);
                Assert.That(
                    platform.VerifyData(Message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence), Is.True);
                Assert.That(IdentityVerifier.Create().Verify(key.PublicKey, [1, 2, 4], signature).Code, Is.EqualTo(ValidationCode.BadSignature));
            });
        }
    }

    [Test]
    public void A_key_file_keeps_the_key()
    {
        SeededRandomSource random = new(1, "file");
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"identity-{Guid.NewGuid():N}.json");
        using IdentityKey key = IdentityKey.Generate(random);
        KeyFile.Save(path, key.Encrypt("password"u8, KeyFileKdf.Light, random));
        try
        {
            Assert.That(IdentityKey.TryLoad(path, "password"u8, new KeyFileLimits(), out IdentityKey? loaded).IsOk, Is.True);
            Assert.That(loaded!.Id, Is.EqualTo(key.Id));
            loaded.Dispose();
            Assert.That(
                (IdentityKey.TryDecrypt(File.ReadAllBytes(path), "wrong"u8, new KeyFileLimits(), out IdentityKey? none).Status, none),
                Is.EqualTo((KeyFileStatus.WrongPassword, (IdentityKey?)null)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void A_disposed_key_signs_nothing_and_a_wrong_one_is_none()
    {
        IdentityKey key = IdentityKey.Generate(new SeededRandomSource(1, "key"));
        key.Dispose();
        Assert.That(() => key.Sign(Message), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => IdentityKey.FromPrivateKey(new byte[32]), Throws.ArgumentException);
        Assert.That(() => IdentityKey.FromPrivateKey(new byte[31]), Throws.ArgumentException);
    }

    private static ECDsa PlatformKey(byte[] secret) =>
        ECDsa.Create(new ECParameters { Curve = ECCurve.CreateFromValue("1.3.132.0.10"), D = secret });
}
