using PoUW.Core.Codec;
using PoUW.Core.Validation;
using PoUW.Network.Sessions;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Sessions;

internal sealed class HandshakeMessageTests
{
    private static readonly HandshakeMessage Good = new(HandshakeMessage.CurrentVersion, TestNetwork.Genesis, TestNetwork.IdOf(3), "agent/1");

    [Test]
    public void RoundTrips()
    {
        Assert.That(HandshakeMessage.TryDecode(Good.Encode(), out HandshakeMessage? read).IsValid, Is.True);
        Assert.That(read, Is.EqualTo(Good));
    }

    [TestCase(2UL, ValidationCode.WrongVersion)]
    [TestCase(0UL, ValidationCode.WrongVersion)]
    [TestCase(1UL, ValidationCode.Ok)]
    public void TheVersionIsChecked(ulong version, ValidationCode expected) =>
        Assert.That(HandshakeMessage.TryDecode((Good with { Version = version }).Encode(), out _).Code, Is.EqualTo(expected));

    [Test]
    public void ALaterVersionMayHaveMoreFields()
    {
        byte[] later = new RlpWriter().BeginList().Write(9UL).Write("anything").Write("else").EndList().ToArray();
        Assert.That(HandshakeMessage.TryDecode(later, out _).Code, Is.EqualTo(ValidationCode.WrongVersion));
    }

    [TestCase(64, ValidationCode.Ok)]
    [TestCase(65, ValidationCode.Malformed)]
    [TestCase(300, ValidationCode.TooLarge)]
    public void TheAgentIsBounded(int length, ValidationCode expected) =>
        Assert.That(HandshakeMessage.TryDecode((Good with { Agent = new string('a', length) }).Encode(), out _).Code, Is.EqualTo(expected));

    [TestCase("line\nbreak")]
    [TestCase("caf\u00e9")]
    public void TheAgentIsPrintableAscii(string agent) =>
        Assert.That(HandshakeMessage.TryDecode((Good with { Agent = agent }).Encode(), out _).Code, Is.EqualTo(ValidationCode.Malformed));

    [Test]
    public void NothingMayFollow()
    {
        Assert.That(HandshakeMessage.TryDecode([.. Good.Encode(), 0], out _).Code, Is.EqualTo(ValidationCode.Malformed));
        RlpWriter extra = new RlpWriter().BeginList().Write(1UL).Write(Good.NetworkId).Write(Good.NodeId.Value).Write("a").Write("b");
        Assert.That(HandshakeMessage.TryDecode(extra.EndList().ToArray(), out _).Code, Is.EqualTo(ValidationCode.Malformed));
    }

    [Test]
    public void MutationsNeverThrowAndReadBackCanonically()
    {
        Random random = new(42);
        byte[] good = Good.Encode();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = round % 5 == 0 ? good[..random.Next(good.Length)] : (byte[])good.Clone();
            for (int flips = random.Next(1, 4); flips > 0 && bytes.Length > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            if (HandshakeMessage.TryDecode(bytes, out HandshakeMessage? read).IsValid)
            {
                Assert.That(read!.Encode(), Is.EqualTo(bytes));
            }
        }
    }
}
