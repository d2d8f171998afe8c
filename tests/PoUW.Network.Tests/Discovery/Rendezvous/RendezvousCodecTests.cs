using PoUW.Core.Validation;
using PoUW.Network.Discovery.Rendezvous;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Discovery.Rendezvous;

internal sealed class RendezvousCodecTests
{
    private static readonly RendezvousMessage[] Samples =
    [
        new() { Type = RendezvousMessageType.Register, Registrations = [new RendezvousRegistration("pouw", new byte[] { 1, 2 }, 7200)] },
        new() { Type = RendezvousMessageType.Register, Registrations = [new RendezvousRegistration("pouw", new byte[] { 1, 2 }, null)] },
        new() { Type = RendezvousMessageType.RegisterResponse, Status = RendezvousStatus.InvalidTtl, StatusText = "no", TtlSeconds = 3 },
        new() { Type = RendezvousMessageType.Unregister, Namespace = "pouw" },
        new() { Type = RendezvousMessageType.Discover, Namespace = "pouw", Limit = 10, Cookie = new byte[] { 9, 9 } },
        new()
        {
            Type = RendezvousMessageType.DiscoverResponse,
            Registrations = [new RendezvousRegistration("a", new byte[] { 1 }, 1), new RendezvousRegistration("b", new byte[] { 2 }, 2)],
            Cookie = new byte[] { 3 },
        },
    ];

    [TestCaseSource(nameof(Samples))]
    public void AMessageComesBack(RendezvousMessage message)
    {
        byte[] encoded = RendezvousCodec.Encode(message);
        Assert.That(RendezvousCodec.TryDecode(encoded, out RendezvousMessage? read).IsValid, Is.True);
        Assert.That(RendezvousCodec.Encode(read!), Is.EqualTo(encoded));
        Assert.That(read!.Type, Is.EqualTo(message.Type));
        Assert.That(read.Registrations, Has.Count.EqualTo(message.Registrations.Count));
    }

    [Test]
    public void TheBytesAreThoseOfTheSpecification()
    {
        Assert.That(RendezvousCodec.Encode(Samples[0]), Is.EqualTo(new byte[] { 8, 0, 18, 13, 10, 4, 112, 111, 117, 119, 18, 2, 1, 2, 24, 0xA0, 0x38 }));
        Assert.That(RendezvousCodec.Encode(Samples[2]), Is.EqualTo(new byte[] { 8, 1, 26, 8, 8, 102, 18, 2, 110, 111, 24, 3 }));
        Assert.That(RendezvousCodec.Encode(Samples[3]), Is.EqualTo(new byte[] { 8, 2, 34, 6, 10, 4, 112, 111, 117, 119 }));
    }

    [Test]
    public void RegisterMayLeaveItsTypeOut()
    {
        Assert.That(RendezvousCodec.TryDecode(RendezvousCodec.Encode(Samples[0])[2..], out RendezvousMessage? message).IsValid, Is.True);
        Assert.That(message!.Type, Is.EqualTo(RendezvousMessageType.Register));
    }

    [Test]
    public void EachLimitRefuses()
    {
        Assert.That(CodeOf(new byte[RendezvousCodec.MaxMessageBytes + 1]), Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(CodeOf([]), Is.EqualTo(ValidationCode.Malformed), "no body");
        Assert.That(CodeOf([8, 5, 58, 0]), Is.EqualTo(ValidationCode.Malformed), "an unknown type");
        Assert.That(CodeOf([8, 3, 18, 0]), Is.EqualTo(ValidationCode.Malformed), "the body of another type");
        Assert.That(CodeOf([8, 3, 40, 0]), Is.EqualTo(ValidationCode.Malformed), "a number for a body");
        Assert.That(CodeOf([8, 3, 42, 1]), Is.EqualTo(ValidationCode.Malformed), "cut off");
        Assert.That(CodeOf([8, 3, 42, 3, 10, 1, 0xff]), Is.EqualTo(ValidationCode.Malformed), "a name that is no text");
        string name = new('n', RendezvousCodec.MaxNamespaceBytes);
        byte[] record = new byte[RendezvousCodec.MaxRecordBytes];
        Assert.That(CodeOf(Register(name, record)), Is.EqualTo(ValidationCode.Ok));
        Assert.That(CodeOf(Register(name + "n", record)), Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(CodeOf(Register(name, [.. record, 0])), Is.EqualTo(ValidationCode.TooLarge));
        byte[] cookie = new byte[RendezvousCodec.MaxCookieBytes + 1];
        Assert.That(CodeOf(Samples[4] with { Cookie = cookie }), Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(CodeOf(Samples[4] with { Namespace = name + "n" }), Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(CodeOf(Samples[5] with { Cookie = cookie }), Is.EqualTo(ValidationCode.TooLarge));
        string text = new('t', RendezvousCodec.MaxStatusTextBytes + 1);
        Assert.That(CodeOf(Samples[2] with { StatusText = text }), Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(CodeOf(Samples[5] with { StatusText = text }), Is.EqualTo(ValidationCode.TooLarge));
        RendezvousRegistration[] many = [.. Enumerable.Repeat(Samples[0].Registrations[0], RendezvousCodec.MaxRegistrations)];
        Assert.That(CodeOf(Samples[5] with { Registrations = many }), Is.EqualTo(ValidationCode.Ok));
        Assert.That(CodeOf(Samples[5] with { Registrations = [.. many, many[0]] }), Is.EqualTo(ValidationCode.TooLarge));
    }

    [Test]
    public void AStatusThatIsNotKnownIsAnError()
    {
        Assert.That(RendezvousCodec.TryDecode([8, 1, 26, 3, 8, 0xE7, 7], out RendezvousMessage? message).IsValid, Is.True);
        Assert.That(message!.Status, Is.EqualTo(RendezvousStatus.InternalError));
    }

    [Test]
    public void MutatedMessagesNeverThrowAndKeepTheirMeaning()
    {
        Random random = new(6);
        int read = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = FrameMutation.Mutate(RendezvousCodec.Encode(Samples[i % Samples.Length]), random);
            if (RendezvousCodec.TryDecode(bytes, out RendezvousMessage? message).IsValid)
            {
                read++;
                byte[] encoded = RendezvousCodec.Encode(message!);
                Assert.That(RendezvousCodec.TryDecode(encoded, out RendezvousMessage? again).IsValid, Is.True);
                Assert.That(RendezvousCodec.Encode(again!), Is.EqualTo(encoded));
            }
        }

        Assert.That(read, Is.GreaterThan(500));
    }

    private static byte[] Register(string name, byte[] record) => RendezvousCodec.Encode(new RendezvousMessage
    {
        Type = RendezvousMessageType.Register,
        Registrations = [new RendezvousRegistration(name, record, 60)],
    });

    private static ValidationCode CodeOf(byte[] encoded) => RendezvousCodec.TryDecode(encoded, out _).Code;

    private static ValidationCode CodeOf(RendezvousMessage message) => CodeOf(RendezvousCodec.Encode(message));
}
