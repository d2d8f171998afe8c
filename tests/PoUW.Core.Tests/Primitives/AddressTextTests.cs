using PoUW.Core.Primitives;

namespace PoUW.Core.Tests.Primitives;

public sealed class AddressTextTests
{
    // The examples of EIP-55.
    [TestCase("0x52908400098527886E0F7030069857D2E4169EE7")]
    [TestCase("0x8617E340B3D01FA5F11F306F4090FD50E238070D")]
    [TestCase("0xde709f2102306220921060314715629080e2fb77")]
    [TestCase("0x27b1fdb04752bbc536007a920d24acb045561c26")]
    [TestCase("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [TestCase("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")]
    [TestCase("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")]
    [TestCase("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")]
    public void The_checksum_examples_round_trip(string text)
    {
        Assert.That(AddressText.TryParse(text, out Address address), Is.True);
        Assert.That(address.ToString(), Is.EqualTo(text));
        Assert.That(AddressText.TryParse(text.ToLowerInvariant(), out Address lower), Is.True);
        Assert.That(lower, Is.EqualTo(address));
    }

    [TestCase("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", TestName = "one letter in the wrong case")]
    [TestCase("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", TestName = "no prefix")]
    [TestCase("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", TestName = "too short")]
    [TestCase("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg", TestName = "no digit")]
    [TestCase(null, TestName = "nothing")]
    public void Wrong_text_is_refused(string? text) => Assert.That(AddressText.TryParse(text, out _), Is.False);
}
