using PoUW.Core.Randomness;
using PoUW.Network.Identity;
using PoUW.Network.Security;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Security;

[TestFixture]
internal sealed class TlsSecurityTests
{
    [TestCase(int.MaxValue)]
    [TestCase(1)]
    [TestCase(7)]
    public async Task Both_sides_learn_the_other_and_agree_on_the_muxer(int maxRead)
    {
        using IdentityKey alice = SecurityWorld.KeyOf(1);
        using IdentityKey bob = SecurityWorld.KeyOf(2);
        using TlsSecurity there = SecurityWorld.TlsOf(alice);
        using TlsSecurity here = SecurityWorld.TlsOf(bob);
        (HandshakeEnd dialer, HandshakeEnd listener) = await SecurityWorld.ShakeAsync(there, here, bob.Id, maxRead);
        Assert.Multiple(() =>
        {
            Assert.That(dialer.Failure?.ToString() ?? listener.Failure?.ToString(), Is.Null);
            Assert.That((dialer.Channel!.RemotePeer, dialer.Channel.RemoteKey), Is.EqualTo((bob.Id, bob.PublicKey)));
            Assert.That((listener.Channel!.RemotePeer, listener.Channel.RemoteKey), Is.EqualTo((alice.Id, alice.PublicKey)));
            Assert.That((dialer.Channel.EarlyMuxer, listener.Channel.EarlyMuxer), Is.EqualTo(("/yamux/1.0.0", "/yamux/1.0.0")));
        });
        await ExpectBytesAsync(dialer.Channel!, listener.Channel!);
    }

    private static async Task ExpectBytesAsync(SecureChannel dialer, SecureChannel listener)
    {
        byte[] content = new byte[300_000];
        new SeededRandomSource(1, "content").Fill(content);
        foreach ((SecureChannel from, SecureChannel to) in ((SecureChannel, SecureChannel)[])[(dialer, listener), (listener, dialer)])
        {
            Task writing = from.Stream.WriteAsync(content, CancellationToken.None).InTime();
            Assert.That(await to.Stream.ReadAsync(content.Length), Is.EqualTo(content));
            await writing;
        }

        await dialer.Stream.CloseWritingAsync();
        Assert.That(await listener.Stream.ReadAsync(new byte[10], CancellationToken.None).InTime(), Is.Zero);
        await listener.Stream.WriteAsync(content.AsMemory(0, 10), CancellationToken.None).InTime();
        Assert.That(await dialer.Stream.ReadAsync(10), Is.EqualTo(content[..10]), "the other half goes on");
        await dialer.Stream.CloseAsync();
        await listener.Stream.CloseAsync();
    }
}
