using System.Text;
using PoUW.Core.Cryptography;

namespace PoUW.Core.Tests.Cryptography;

public sealed class ScryptTests
{
    // RFC 7914, section 12.
    [TestCase(
        "", "", 16, 1, 1,
        "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906")]
    [TestCase(
        "password", "NaCl", 1024, 8, 16,
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")]
    [TestCase(
        "pleaseletmein", "SodiumChloride", 16384, 8, 1,
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")]
    [TestCase(
        "pleaseletmein", "SodiumChloride", 1048576, 8, 1,
        "2101cb9b6a511aaeaddbbe09cf70f881ec568d574a2ffd4dabe5ee9820adaa478e56fd8f4ba5d09ffa1c6d927c40f4c337304049e8a952fbcbf45c6fa77a41a4",
        Explicit = true, Reason = "takes 1 GiB of memory")]
    public void Published_vectors(string password, string salt, int n, int r, int p, string key)
    {
        byte[] derived = new byte[64];
        Scrypt.DeriveKey(Encoding.UTF8.GetBytes(password), Encoding.UTF8.GetBytes(salt), n, r, p, derived);

        Assert.That(Convert.ToHexStringLower(derived), Is.EqualTo(key));
    }

    [TestCase(0, 1, 1)]
    [TestCase(1, 1, 1)]
    [TestCase(3, 1, 1)]
    [TestCase(-16, 1, 1)]
    [TestCase(int.MinValue, 1, 1)]
    [TestCase(16, 0, 1)]
    [TestCase(16, -1, 1)]
    [TestCase(16, 1, 0)]
    [TestCase(16, 1, -1)]
    [TestCase(1 << 30, int.MaxValue, 1)]
    [TestCase(2, int.MaxValue, int.MaxValue)]
    [TestCase(2, 1, 1 << 24)]
    [TestCase(2, 1, int.MaxValue)]
    public void Wrong_parameters_are_refused_before_anything_is_allocated(int n, int r, int p)
    {
        Assert.That(Scrypt.AreParameters(n, r, p), Is.False);
        Assert.That(() => Scrypt.DeriveKey([], [], n, r, p, new byte[32]), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void The_memory_is_counted_without_overflow()
    {
        Assert.That(Scrypt.MemoryBytes(1 << 18, 8, 1), Is.EqualTo((Int128)128 * 8 * ((1 << 18) + 3)));
        Assert.That(Scrypt.MemoryBytes(int.MaxValue, int.MaxValue, int.MaxValue) > long.MaxValue, Is.True);
    }
}
