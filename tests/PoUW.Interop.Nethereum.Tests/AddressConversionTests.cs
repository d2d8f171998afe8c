using System.Text;
using Nethereum.Util;
using PoUW.Core.Hashing;
using PoUW.Core.Primitives;
using PoUW.Core.Tests;

namespace PoUW.Interop.Nethereum.Tests;

[TestFixture]
public sealed class AddressConversionTests
{
    /// <summary>The examples of EIP-55.</summary>
    [TestCase("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [TestCase("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")]
    [TestCase("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")]
    [TestCase("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")]
    [TestCase("0x52908400098527886E0F7030069857D2E4169EE7")]
    [TestCase("0xde709f2102306220921060314715629080e2fb77")]
    public void The_examples_of_EIP_55_read_and_are_written_alike(string text)
    {
        Assert.That(AddressConversions.TryFromNethereum(text, out Address address));
        Assert.That(address.ToNethereum(), Is.EqualTo(text));
        Assert.That(AddressUtil.Current.ConvertToChecksumAddress(text.ToLowerInvariant()), Is.EqualTo(text));
        Assert.That(address.IsWrittenAlike());
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("0x0")]
    [TestCase("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [TestCase("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe")]
    [TestCase("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [TestCase("0xzaAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    public void What_is_no_address_is_refused(string? text) => Assert.That(AddressConversions.TryFromNethereum(text, out _), Is.False);

    [Test]
    public void A_thousand_addresses_are_written_alike_and_read_back()
    {
        Fuzzer random = new(1, "addresses");
        for (int i = 0; i < 1000; i++)
        {
            Address address = new(Bytes(random, Address.Size));
            Assert.That(address.IsWrittenAlike(), address.ToString());
            Assert.That(address.ToNethereum().IsEthereumChecksumAddress());
            Assert.That(AddressConversions.TryFromNethereum(address.ToNethereum(), out Address read) && read == address);
        }
    }

    [TestCase("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [TestCase("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    public void Keccak_vectors(string text, string expected)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        Assert.That(Convert.ToHexStringLower(Keccak256.HashData(bytes).ToArray()), Is.EqualTo(expected));
        Assert.That(Convert.ToHexStringLower(Sha3Keccack.Current.CalculateHash(bytes)), Is.EqualTo(expected));
    }

    /// <summary>All lengths around the 136 bytes of a block, and long ones.</summary>
    [Test]
    public void Keccak_of_both_agrees_at_every_length()
    {
        Fuzzer random = new(2, "keccak");
        foreach (int length in Enumerable.Range(0, 300).Concat([1000, 1359, 1360, 1361, 10_000]))
        {
            byte[] bytes = Bytes(random, length);
            Assert.That(Keccak256.HashData(bytes).ToArray(), Is.EqualTo(Sha3Keccack.Current.CalculateHash(bytes)), $"{length} bytes");
        }
    }

    private static byte[] Bytes(Fuzzer random, int count) => [.. Enumerable.Range(0, count).Select(_ => (byte)random.Next(256))];
}
