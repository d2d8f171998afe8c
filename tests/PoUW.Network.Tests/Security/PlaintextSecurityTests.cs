using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Protobuf;
using PoUW.Network.Security;
using PoUW.Network.Tests.Identity;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Security;

[TestFixture]
internal sealed class PlaintextSecurityTests
{
    private static IdentityKey Alice { get; } = SecurityWorld.KeyOf(1);

    private static IdentityKey Bob { get; } = SecurityWorld.KeyOf(2);

    [TestCase(1)]
    [TestCase(int.MaxValue)]
    public async Task Both_sides_tell_who_they_say_they_are(int maxRead)
    {
        (HandshakeEnd dialer, HandshakeEnd listener) = await SecurityWorld.ShakeAsync(
            new PlaintextSecurity(Alice.PublicKey), new PlaintextSecurity(Bob.PublicKey), Bob.Id, maxRead);
        Assert.That((dialer.Channel!.RemotePeer, listener.Channel!.RemotePeer), Is.EqualTo((Bob.Id, Alice.Id)));
        Assert.That((dialer.Channel.RemoteKey, dialer.Channel.EarlyMuxer), Is.EqualTo((Bob.PublicKey, (string?)null)));
        await dialer.Channel.Stream.WriteAsync(new byte[] { 1, 2, 3 }, CancellationToken.None);
        Assert.That(await listener.Channel.Stream.ReadAsync(3), Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public async Task Another_peer_than_expected_is_refused()
    {
        (HandshakeEnd dialer, _) = await SecurityWorld.ShakeAsync(
            new PlaintextSecurity(Alice.PublicKey), new PlaintextSecurity(Bob.PublicKey), Alice.Id);
        Assert.That((dialer.Failure?.Error, dialer.Below.IsClosed), Is.EqualTo(((NetworkError?)NetworkError.HandshakeFailed, true)));
    }

    [Test]
    public void Keys_of_every_kind_are_told()
    {
        foreach (string hex in (string[])[KeyVectors.Ecdsa, KeyVectors.Ed25519, KeyVectors.Rsa, KeyVectors.Secp256k1])
        {
            PublicKey.TryDecode(Convert.FromHexString(hex), out PublicKey? key);
            Assert.That(PlaintextExchange.TryDecode(PlaintextExchange.Encode(key!), out PublicKey? read).IsValid, Is.True);
            Assert.That(read, Is.EqualTo(key));
        }
    }

    [Test]
    public void Wrong_exchanges_are_refused()
    {
        byte[] key = Alice.PublicKey.Encode();
        (string Name, byte[] Message, ValidationCode Code)[] cases =
        [
            ("nothing", [], ValidationCode.Malformed),
            ("no key", Message(Alice.Id.Bytes, null), ValidationCode.Malformed),
            ("no id", Message(default, key), ValidationCode.Malformed),
            ("another id", Message(Bob.Id.Bytes, key), ValidationCode.Malformed),
            ("a key that is none", Message(Alice.Id.Bytes, [1, 2]), ValidationCode.Malformed),
            ("too many fields", [.. Message(Alice.Id.Bytes, key), .. Enumerable.Repeat<byte[]>([0x18, 1], 7).SelectMany(field => field)], ValidationCode.Malformed),
            ("too long", new byte[PlaintextExchange.MaxBytes + 1], ValidationCode.TooLarge),
        ];
        Assert.Multiple(() =>
        {
            foreach ((string name, byte[] message, ValidationCode code) in cases)
            {
                Assert.That(PlaintextExchange.TryDecode(message, out _).Code, Is.EqualTo(code), name);
            }
        });
    }

    [Test]
    public void Peers_that_break_the_exchange_fail_the_handshake()
    {
        PlaintextSecurity own = new(Alice.PublicKey);
        byte[] exchange = PlaintextExchange.Encode(Bob.PublicKey);
        byte[][] scripts = [[], [(byte)exchange.Length], [(byte)exchange.Length, .. exchange[..^1]], [0xff, 0xff, 0x7f], [0x80, 0x00], [2, 1, 1]];
        Assert.Multiple(() =>
        {
            foreach (byte[] script in scripts)
            {
                ScriptedStream stream = new(script);
                Assert.That(
                    async () => await own.SecureAsync(stream, true, null, [], CancellationToken.None),
                    Throws.InstanceOf<NetworkException>().With.Property(nameof(NetworkException.Error)).EqualTo(NetworkError.HandshakeFailed),
                    Convert.ToHexString(script));
                Assert.That(stream.IsClosed, Is.True);
            }
        });
    }

    [Test]
    public void Mutated_exchanges_never_break_the_decoder()
    {
        Random mutations = new(6);
        byte[] valid = PlaintextExchange.Encode(Alice.PublicKey);
        for (int i = 0; i < 50_000; i++)
        {
            if (PlaintextExchange.TryDecode(FrameMutation.Mutate(valid, mutations), out PublicKey? key).IsValid)
            {
                Assert.That(key, Is.Not.Null);
            }
        }
    }

    private static byte[] Message(ReadOnlySpan<byte> id, byte[]? key)
    {
        ProtoWriter writer = new();
        if (!id.IsEmpty)
        {
            writer.WriteBytes(1, id);
        }

        if (key is not null)
        {
            writer.WriteBytes(2, key);
        }

        return writer.ToArray();
    }
}
