using System.Security.Cryptography;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Negotiation;
using PoUW.Network.Security;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Interop;

/// <summary>The layers below a host, one on the other by hand: TCP, multistream-select, TLS, yamux.</summary>
internal sealed class WireTests : InteropFixture
{
    private readonly IdentityKey _identity = IdentityKey.Generate(new SeededRandomSource(1, "wire"));
    private readonly IdentityVerifier _verifier = IdentityVerifier.Create();

    [OneTimeTearDown]
    public void ForgetTheKey() => _identity.Dispose();

    [TestCase("Ed25519", KeyType.Ed25519)]
    [TestCase("secp256k1", KeyType.Secp256k1)]
    [TestCase("RSA", KeyType.Rsa)]
    public async Task APeerOfEachKeyTypeAnswersPings(string keyType, KeyType expected)
    {
        if (!_verifier.CanVerify(expected))
        {
            Assert.Ignore($"Keys of type {expected} cannot be verified on this machine.");
        }

        JsPeer peer = await StartPeerAsync(new JsPeerOptions { KeyType = keyType });
        UpgradedConnection connection = await DialAsync(peer, peer.Id);
        await using IMuxer muxer = connection.Muxer;
        Assert.That(connection.RemotePeer, Is.EqualTo(peer.Id));
        Assert.That(connection.RemoteKey.Type, Is.EqualTo(expected));
        for (int i = 0; i < 3; i++)
        {
            await PingAsync(muxer);
        }

        Assert.That(await muxer.PingAsync(default).InTime(), Is.GreaterThan(TimeSpan.Zero));
        await muxer.CloseAsync(0).InTime();
        await peer.CallAsync("disconnected", ("peer", _identity.Id.ToString()));
    }

    [Test]
    public async Task AnotherPeerThanExpectedIsRefused()
    {
        JsPeer peer = await StartPeerAsync();
        Assert.That(
            async () => await DialAsync(peer, _identity.Id),
            Throws.TypeOf<NetworkException>().With.Property(nameof(NetworkException.Error)).EqualTo(NetworkError.HandshakeFailed));
    }

    [Test]
    public async Task AProtocolThatThePeerDoesNotSpeakLeavesTheStreamForOthers()
    {
        JsPeer peer = await StartPeerAsync();
        UpgradedConnection connection = await DialAsync(peer, peer.Id);
        await using IMuxer muxer = connection.Muxer;
        await using IMuxedStream stream = await muxer.OpenStreamAsync(default).InTime();
        string? agreed = await MultistreamSelect.DialAsync(
            new BufferedDuplexStream(stream), ["/nobody/speaks/this", "/ipfs/ping/1.0.0"], new MultistreamOptions(), default).InTime();
        Assert.That(agreed, Is.EqualTo("/ipfs/ping/1.0.0"));
        await PingAsync(muxer);
    }

    [Test]
    public async Task ThePeersResetEndsTheStreamAndNotTheConnection()
    {
        JsPeer peer = await StartPeerAsync();
        UpgradedConnection connection = await DialAsync(peer, peer.Id);
        await using IMuxer muxer = connection.Muxer;
        await using IMuxedStream stream = await muxer.OpenStreamAsync(default).InTime();
        await MultistreamSelect.DialAsync(new BufferedDuplexStream(stream), ["/pouw/interop/reset/1.0.0"], new MultistreamOptions(), default).InTime();
        await stream.WriteAsync(new byte[] { 1 }, default).InTime();
        Assert.That(
            async () => await stream.ReadAsync(new byte[1], default).InTime(),
            Throws.TypeOf<NetworkException>().With.Property(nameof(NetworkException.Error)).EqualTo(NetworkError.Reset));
        await PingAsync(muxer);
    }

    private static async Task PingAsync(IMuxer muxer)
    {
        await using IMuxedStream stream = await muxer.OpenStreamAsync(default).InTime();
        BufferedDuplexStream buffered = new(stream);
        Assert.That(await MultistreamSelect.DialAsync(buffered, ["/ipfs/ping/1.0.0"], new MultistreamOptions(), default).InTime(), Is.Not.Null);
        byte[] sent = RandomNumberGenerator.GetBytes(32);
        byte[] echoed = new byte[32];
        await buffered.WriteAsync(sent, default).InTime();
        Assert.That(await OwnNode.FillAsync(buffered, echoed), Is.EqualTo(32));
        Assert.That(echoed, Is.EqualTo(sent));
    }

    private async Task<UpgradedConnection> DialAsync(JsPeer peer, PeerId expected)
    {
        using TlsSecurity tls = new(_identity, _verifier, TimeProvider.System);
        ConnectionUpgrader upgrader = new([tls], [new YamuxMuxerFactory(new YamuxOptions(), TimeProvider.System, new ThreadPoolSpawner())]);
        IConnection raw = await new TcpTransport().DialAsync(peer.Address.WithoutPeer(), default).InTime();
        return await upgrader.UpgradeAsync(raw, isDialer: true, expected, default).InTime();
    }
}
