using System.Net;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Tests.Addresses;

internal sealed class MultiaddrTests
{
    private const string Qm = "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC";
    private const string Secp = "16Uiu2HAkuqGKz8D6khfrnJnDrN5VxWWCoLU8Aq4eCFJuyXmfakB5";

    // Vectors of the multiaddr implementations in Go, JavaScript and Java.
    [TestCase("/ip4/127.0.0.1/udp/1234", "047f000001910204d2")]
    [TestCase("/ip4/127.0.0.1/tcp/4321", "047f0000010610e1")]
    [TestCase("/ip4/127.0.0.1/udp/1234/ip4/127.0.0.1/tcp/4321", "047f000001910204d2047f0000010610e1")]
    [TestCase("/ip6/2001:8a0:7ac5:4201:3ac9:86ff:fe31:7095", "29200108a07ac542013ac986fffe317095")]
    [TestCase("/ip6/2001:8a0:7ac5:4201:3ac9:86ff:fe31:7095/tcp/8000", "29200108a07ac542013ac986fffe317095061f40")]
    [TestCase("/p2p/" + Qm, "a503221220d52ebb89d85b02a284948203a62ff28389c57c9f42beec4ec20db76a68911c0b")]
    [TestCase("/ip4/127.0.0.1/p2p/" + Qm + "/tcp/1234", "047f000001a503221220d52ebb89d85b02a284948203a62ff28389c57c9f42beec4ec20db76a68911c0b0604d2")]
    [TestCase("/dns4/a.b/tcp/443/wss", "3603612e620601bbde03")]
    [TestCase("/ip4/127.0.0.1/udp/1234/quic-v1", "047f000001910204d2cd03")]
    [TestCase("/ip4/1.2.3.4/tcp/80/tls/ws", "0401020304060050c003dd03")]
    [TestCase("/ip4/1.2.3.4/tcp/80/p2p-circuit", "0401020304060050a202")]
    [TestCase("/dns/x/tcp/0", "350178060000")]
    [TestCase("/dns6/x/tcp/65535", "37017806ffff")]
    [TestCase("/dnsaddr/bootstrap.test", "380e626f6f7473747261702e74657374")]
    [TestCase("/memory/n1", "8906026e31")]
    public void TextAndBytesAreOne(string text, string hex)
    {
        Multiaddr parsed = Multiaddr.Parse(text);
        Assert.That(Convert.ToHexStringLower(parsed.Bytes), Is.EqualTo(hex));
        Assert.That(Multiaddr.TryDecode(Convert.FromHexString(hex), out Multiaddr? decoded).ToString(), Is.EqualTo("Ok"));
        Assert.That((decoded!.ToString(), decoded, decoded.GetHashCode()), Is.EqualTo((text, parsed, parsed.GetHashCode())));
        Assert.That(decoded.Parts, Is.EqualTo(parsed.Parts));
    }

    [TestCase("/ip6/0:0:0:0:0:0:0:1/tcp/1", "/ip6/::1/tcp/1")]
    [TestCase("/ip6/2001:DB8:0:0::1", "/ip6/2001:db8::1")]
    [TestCase("/ip4/1.2.3.4/tcp/0080", "/ip4/1.2.3.4/tcp/80")]
    [TestCase("/ip4/1.2.3.4/tcp/80/", "/ip4/1.2.3.4/tcp/80")]
    [TestCase("/ip4/1.2.3.4/ipfs/" + Qm, "/ip4/1.2.3.4/p2p/" + Qm)]
    [TestCase("/p2p/bafzbeigvf25ytwc3akrijfecaotc74udrhcxzh2cx3we5qqnw5vgrei4bm", "/p2p/" + Qm)]
    public void ThereIsOneTextForEachAddress(string text, string canonical)
    {
        Multiaddr parsed = Multiaddr.Parse(text);
        Assert.That(parsed.ToString(), Is.EqualTo(canonical));
        Assert.That(parsed == Multiaddr.Parse(canonical) && parsed.CompareTo(Multiaddr.Parse(canonical)) == 0, Is.True);
        Assert.That(parsed.Bytes.SequenceEqual(Multiaddr.Parse(canonical).Bytes), Is.True);
    }

    [TestCase("")]
    [TestCase("/")]
    [TestCase("ip4/1.2.3.4")]
    [TestCase("//ip4/1.2.3.4")]
    [TestCase("/ip4//tcp/1")]
    [TestCase("/ip4/1.2.3.4//tcp/1")]
    [TestCase("/nosuch/1")]
    [TestCase("/IP4/1.2.3.4")]
    [TestCase("/ip4")]
    [TestCase("/ip4/::1")]
    [TestCase("/ip4/1.2.3")]
    [TestCase("/ip4/256.0.0.1")]
    [TestCase("/ip4/1.2.3.4.5")]
    [TestCase("/ip4/0x7f.0.0.1")]
    [TestCase("/ip4/010.0.0.1")]
    [TestCase("/ip4/1.2.3.4 /tcp/1")]
    [TestCase("/ip6/1.2.3.4")]
    [TestCase("/ip6/fe80::1%eth0")]
    [TestCase("/ip6/fe80::1%1")]
    [TestCase("/ip6/[::1]")]
    [TestCase("/ip6/::1/tcp")]
    [TestCase("/ip4/127.0.0.1/tcp/65536")]
    [TestCase("/ip4/127.0.0.1/tcp/-1")]
    [TestCase("/ip4/127.0.0.1/tcp/+1")]
    [TestCase("/ip4/127.0.0.1/tcp/1x")]
    [TestCase("/ip4/127.0.0.1/udp")]
    [TestCase("/ip4/127.0.0.1/quic-v1/1234")]
    [TestCase("/ip4/127.0.0.1/p2p")]
    [TestCase("/ip4/127.0.0.1/p2p/notapeer")]
    [TestCase("/dns4/")]
    [TestCase("/dns4/a b")]
    [TestCase("/dns4/ä")]
    [TestCase("/memory")]
    public void WhatIsNoAddressIsAValue(string text)
    {
        ValidationResult result = Multiaddr.TryParse(text, out Multiaddr? address);
        Assert.That((result.IsValid, address), Is.EqualTo((false, (Multiaddr?)null)), text);
        Assert.That(() => Multiaddr.Parse(text), Throws.InstanceOf<FormatException>());
    }

    [TestCase("", TestName = "Empty")]
    [TestCase("04", TestName = "NoValue")]
    [TestCase("047f0000", TestName = "ShortIp")]
    [TestCase("047f00000106", TestName = "NoPort")]
    [TestCase("047f0000010610", TestName = "HalfAPort")]
    [TestCase("29200108a07ac542013ac986fffe3170", TestName = "ShortIp6")]
    [TestCase("7f", TestName = "UnknownProtocol")]
    [TestCase("00", TestName = "ProtocolZero")]
    [TestCase("840084007f000001", TestName = "LongFormOfANumber")]
    [TestCase("ffffffffffffffffff01", TestName = "HugeProtocol")]
    [TestCase("ffffffffffffffffffffff01", TestName = "NumberTooLong")]
    [TestCase("a503", TestName = "PeerWithoutLength")]
    [TestCase("a50322", TestName = "PeerWithoutBytes")]
    [TestCase("a503221220d52ebb89d85b02a284948203a62ff28389c57c9f42beec4ec20db76a68911c", TestName = "PeerCutOff")]
    [TestCase("a50302ffff", TestName = "NoPeer")]
    [TestCase("3600", TestName = "EmptyName")]
    [TestCase("36ffffffff0f61", TestName = "NameLongerThanAll")]
    [TestCase("36ffffffffffffffff7f61", TestName = "NameOfHugeLength")]
    [TestCase("3603612f62", TestName = "SlashInAName")]
    [TestCase("3602c3a4", TestName = "NameBeyondAscii")]
    [TestCase("36036120e2", TestName = "SpaceInAName")]
    public void BytesThatAreNoAddressAreAValue(string hex)
    {
        ValidationResult result = Multiaddr.TryDecode(Convert.FromHexString(hex), out Multiaddr? address);
        Assert.That((result.IsValid, address), Is.EqualTo((false, (Multiaddr?)null)));
    }

    [Test]
    public void SizesAreLimited()
    {
        string parts = string.Concat(Enumerable.Repeat("/tcp/1", Multiaddr.MaxParts));
        Assert.That(Multiaddr.TryParse(parts, out Multiaddr? most).IsValid, Is.True);
        Assert.That(Multiaddr.TryParse(parts + "/tcp/1", out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(Multiaddr.TryDecode([.. most!.Bytes, 6, 0, 1], out _).IsValid, Is.False);
        string name = "/dns4/" + new string('a', 250);
        Assert.That(Multiaddr.TryParse(name + name, out Multiaddr? longest).IsValid, Is.True);
        Assert.That(Multiaddr.TryParse(name + name + "/dns4/aaaaaaa", out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(Multiaddr.TryDecode([.. longest!.Bytes, 0x36, 7, .. "aaaaaaa"u8], out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(Multiaddr.TryParse("/dns4/" + new string('a', 256), out _).IsValid, Is.False);
        Assert.That(Multiaddr.TryParse("/" + new string('a', Multiaddr.MaxTextLength), out _).Code, Is.EqualTo(ValidationCode.TooLarge));
    }

    [Test]
    public void ThePeerIsTheOneAtTheEnd()
    {
        Assert.That(PeerId.TryParse(Secp, out PeerId peer).IsValid && PeerId.TryParse(Qm, out PeerId other).IsValid, Is.True);
        Multiaddr plain = Multiaddr.Parse("/ip4/1.2.3.4/tcp/5");
        Multiaddr full = plain.WithPeer(peer);
        Assert.That((plain.Peer, full.Peer), Is.EqualTo(((PeerId?)null, (PeerId?)peer)));
        Assert.That(full.ToString(), Is.EqualTo("/ip4/1.2.3.4/tcp/5/p2p/" + Secp));
        Assert.That((full.WithoutPeer(), plain.WithoutPeer()), Is.EqualTo((plain, plain)));
        PeerId.TryParse(Qm, out other);
        Assert.That(full.WithPeer(other).Peer, Is.EqualTo(other), "one takes the place of the other");
        Multiaddr relayed = Multiaddr.Parse($"/ip4/1.2.3.4/tcp/5/p2p/{Qm}/p2p-circuit/p2p/{Secp}");
        Assert.That((relayed.Peer, relayed.WithoutPeer().Peer), Is.EqualTo(((PeerId?)peer, (PeerId?)null)));
        Assert.That(Multiaddr.Parse("/p2p/" + Secp).WithoutPeer().Peer, Is.EqualTo(peer), "nothing would be left");
    }

    [TestCase("/ip4/1.2.3.4/tcp/5", true)]
    [TestCase("/ip6/::1/tcp/5", true)]
    [TestCase("/dns/x.test/tcp/5", true)]
    [TestCase("/dns4/x.test/tcp/5/p2p/" + Secp, true)]
    [TestCase("/dns6/x.test/tcp/5", true)]
    [TestCase("/dnsaddr/x.test/tcp/5", false)]
    [TestCase("/ip4/1.2.3.4/udp/5", false)]
    [TestCase("/ip4/1.2.3.4/tcp/5/ws", false)]
    [TestCase("/ip4/1.2.3.4/tcp/5/tls/p2p/" + Secp, false)]
    [TestCase("/ip4/1.2.3.4/tcp/5/p2p/" + Secp + "/p2p-circuit", false)]
    [TestCase("/memory/x", false)]
    [TestCase("/tcp/5", false)]
    public void OnlyAHostAndAPortAreTcp(string text, bool isTcp)
    {
        Assert.That(Multiaddr.Parse(text).TryGetTcp(out MultiaddrPart host, out int port), Is.EqualTo(isTcp));
        Assert.That((port, host.Value is null), Is.EqualTo((isTcp ? 5 : 0, !isTcp)));
    }

    [Test]
    public void HelpersMakeCanonicalAddresses()
    {
        Assert.That(Multiaddr.Tcp(new IPEndPoint(IPAddress.Parse("::ffff:1.2.3.4"), 5)).ToString(), Is.EqualTo("/ip4/1.2.3.4/tcp/5"));
        Assert.That(Multiaddr.Tcp(new IPEndPoint(IPAddress.Parse("fe80::1%7"), 5)).ToString(), Is.EqualTo("/ip6/fe80::1/tcp/5"));
        Assert.That(Multiaddr.Memory("a.b").MemoryName, Is.EqualTo("a.b"));
        Assert.That(Multiaddr.Parse("/memory/x/p2p/" + Secp).MemoryName, Is.EqualTo("x"));
        Assert.That(Multiaddr.Parse("/memory/x/tls").MemoryName, Is.Null);
        Assert.That(Multiaddr.Parse("/ip4/1.2.3.4").MemoryName, Is.Null);
        Assert.That(() => Multiaddr.Memory("a/b"), Throws.InstanceOf<FormatException>());
        Assert.That(() => Multiaddr.Memory(""), Throws.InstanceOf<FormatException>());
        Assert.That(Multiaddr.Parse("/ip6/::1/tcp/1").IpAddress, Is.EqualTo(IPAddress.IPv6Loopback));
        Assert.That(Multiaddr.Parse("/dns4/x/tcp/1").IpAddress, Is.Null);
    }

    [Test]
    public void MutatedBytesNeverThrowAndWhatIsReadIsWrittenTheSame()
    {
        byte[][] seeds =
        [
            .. new[]
            {
                "/ip4/127.0.0.1/tcp/4321", $"/ip6/2001:db8::1/udp/9/quic-v1/p2p/{Secp}", $"/dns4/node.test/tcp/443/wss/p2p/{Qm}", "/memory/name", "/dnsaddr/x",
                $"/ip4/1.2.3.4/tcp/1/p2p/{Qm}/p2p-circuit/p2p/{Secp}",
            }.Select(static text => Multiaddr.Parse(text).Bytes.ToArray()),
        ];
        Random random = new(5);
        int valid = 0;
        for (int i = 0; i < 200_000; i++)
        {
            byte[] bytes = Mutate([.. seeds[random.Next(seeds.Length)]], random);
            if (Multiaddr.TryDecode(bytes, out Multiaddr? address).IsValid)
            {
                valid++;
                Assert.That(Multiaddr.TryParse(address!.ToString(), out Multiaddr? again).IsValid && again!.Bytes.SequenceEqual(bytes), Is.True, Convert.ToHexString(bytes));
            }
            else
            {
                Assert.That(address, Is.Null);
            }
        }

        Assert.That(valid, Is.GreaterThan(10_000), "the mutations still reach the inside");
    }

    [Test]
    public void MutatedTextNeverThrows()
    {
        string[] seeds = ["/ip4/127.0.0.1/tcp/4321", $"/ip6/2001:db8::1/udp/9/quic-v1/p2p/{Secp}", "/dns4/node.test/tcp/443/wss", "/memory/name"];
        Random random = new(6);
        int valid = 0;
        for (int i = 0; i < 100_000; i++)
        {
            char[] text = seeds[random.Next(seeds.Length)].ToCharArray();
            for (int changes = random.Next(3); changes > 0; changes--)
            {
                text[random.Next(text.Length)] = random.Next(4) == 0 ? (char)random.Next(0x10000) : (char)random.Next(33, 127);
            }

            if (Multiaddr.TryParse(new string(text), out Multiaddr? address).IsValid)
            {
                valid++;
                Assert.That(Multiaddr.TryDecode(address!.Bytes, out Multiaddr? again).IsValid && again == address, Is.True, new string(text));
            }
        }

        Assert.That(valid, Is.GreaterThan(10_000));
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        for (int changes = random.Next(1, 4); changes > 0 && bytes.Length > 0; changes--)
        {
            int place = random.Next(bytes.Length);
            switch (random.Next(5))
            {
                case 0:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes = bytes[..place];
                    break;
                case 3:
                    bytes = [.. bytes[..place], (byte)random.Next(256), .. bytes[place..]];
                    break;
                default:
                    bytes = [.. bytes, .. bytes[place..]];
                    break;
            }
        }

        return bytes;
    }
}
