using System.Globalization;
using System.Net;
using PoUW.Network.Guards;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Guards;

internal sealed class InboundRateTests
{
    private static readonly InboundRateOptions Small = new() { PerAddress = TokenRate.PerSecond(1, 3), PerSubnet = TokenRate.PerSecond(2, 5), MaxRemembered = 100 };

    [Test]
    public void AnAddressIsLimited()
    {
        ManualTimeProvider time = new();
        InboundRate rate = new(Small, time);
        Assert.That(Enumerable.Range(0, 10).Count(port => rate.TryEnter(Strangers.Address("192.0.2.1", 1 + port))), Is.EqualTo(3), "whatever the port");
        Assert.That(rate.TryEnter(Multiaddr.Parse("/ip6/::ffff:192.0.2.1/tcp/1")), Is.False, "in whatever clothes");
        Assert.That(rate.TryEnter(Strangers.Address("198.51.100.1")), Is.True);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((rate.TryEnter(Strangers.Address("192.0.2.1")), rate.TryEnter(Strangers.Address("192.0.2.1"))), Is.EqualTo((true, false)));
    }

    [TestCase("192.0.2.", "192.0.3.1")]
    [TestCase("2001:db8:1:2::", "2001:db8:1:3::1")]
    public void ASubnetIsLimited(string prefix, string elsewhere)
    {
        InboundRate rate = new(Small, new ManualTimeProvider());
        Assert.That(Enumerable.Range(1, 50).Count(last => rate.TryEnter(Strangers.Address(prefix + last.ToString(CultureInfo.InvariantCulture)))), Is.EqualTo(5));
        Assert.That(rate.TryEnter(Strangers.Address(elsewhere)), Is.True);
    }

    [Test]
    public void LoopbackAndNamesAreExempt()
    {
        InboundRate rate = new(Small, new ManualTimeProvider());
        InboundRate strict = new(Small with { ExemptLoopback = false }, new ManualTimeProvider());
        foreach (string ip in new[] { "127.0.0.1", "::1" })
        {
            Assert.That(Enumerable.Range(0, 100).All(_ => rate.TryEnter(Strangers.Address(ip))), Is.True);
            Assert.That(Enumerable.Range(0, 100).Count(_ => strict.TryEnter(Strangers.Address(ip))), Is.EqualTo(3));
        }

        Assert.That(Enumerable.Range(0, 100).All(_ => strict.TryEnter(Multiaddr.Memory("node"))), Is.True);
    }

    [Test]
    public void AFloodOfAddressesIsForgotten()
    {
        InboundRate rate = new(Small with { PerSubnet = TokenRate.PerSecond(1, 1) }, new ManualTimeProvider());
        for (int i = 0; i < 10_000; i++)
        {
            rate.TryEnter(Strangers.Address(new IPAddress(BitConverter.GetBytes(0x0a000000 + i)).ToString()));
        }

        Assert.That(rate.TryEnter(Strangers.Address("192.0.2.1")), Is.True);
        Assert.That(rate.TryEnter(Strangers.Address("192.0.2.2")), Is.False, "the latest are remembered");
    }

    [Test]
    public void OptionsAreChecked()
    {
        Assert.That(new InboundRateOptions().Validate().IsValid, Is.True);
        Assert.That(() => new InboundRate(Small with { MaxRemembered = 0 }, TimeProvider.System), Throws.ArgumentException);
        Assert.That(() => new InboundRate(Small with { PerAddress = TokenRate.PerSecond(0, 1) }, TimeProvider.System), Throws.ArgumentException);
        Assert.That(() => new InboundRate(Small with { PerSubnet = TokenRate.PerSecond(1, 0) }, TimeProvider.System), Throws.ArgumentException);
    }

    [TestCase("192.0.2.77", "192.0.2.0/24")]
    [TestCase("127.0.0.1", "127.0.0.0/24")]
    [TestCase("255.255.255.255", "255.255.255.0/24")]
    [TestCase("0.0.0.0", "0.0.0.0/24")]
    [TestCase("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [TestCase("::ffff:192.0.2.77", "192.0.2.0/24")]
    [TestCase("fe80::1%3", "fe80::/64")]
    public void ASubnetHasAText(string address, string text)
    {
        IpSubnet subnet = IpSubnet.Of(IPAddress.Parse(address));
        Assert.That(subnet.ToString(), Is.EqualTo(text));
        Assert.That(IpSubnet.TryParse(text, out IpSubnet read) && read == subnet && read.GetHashCode() == subnet.GetHashCode(), Is.True);
        Assert.That(subnet.Contains(IPAddress.Parse(address)), Is.True);
        Assert.That(subnet.Contains(IPAddress.Parse("198.51.100.1")), Is.False);
        Assert.That(subnet.IsLoopback, Is.EqualTo(address.StartsWith("127", StringComparison.Ordinal)));
    }

    [TestCase("")]
    [TestCase("192.0.2.1/24")]
    [TestCase("192.0.2.0/25")]
    [TestCase("192.0.2.0")]
    [TestCase("x/24")]
    [TestCase("192.0.2.0/24/1")]
    public void OnlyItsOwnTextIsASubnet(string text) => Assert.That(IpSubnet.TryParse(text, out _), Is.False);

    [Test]
    public void TheSamePrefixOfTwoFamiliesIsTwoSubnets()
    {
        // The first 64 bits are the number 0xc00002 in both.
        Assert.That(IpSubnet.Of(IPAddress.Parse("0:0:c0:2::1")), Is.Not.EqualTo(IpSubnet.Of(IPAddress.Parse("192.0.2.1"))));
        Assert.That(default(IpSubnet).ToString(), Is.Empty);
        Assert.That(IpSubnet.Of(Multiaddr.Memory("x")), Is.Null);
        Assert.That(IpSubnet.Of(Multiaddr.Parse("/dns4/node.test/tcp/1")), Is.Null);
    }
}
