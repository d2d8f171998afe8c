using PoUW.Network.Guards;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Negotiation;
using PoUW.Network.Security;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Security;

[TestFixture]
internal sealed class ConnectionUpgraderTests
{
    private static IdentityKey Alice { get; } = SecurityWorld.KeyOf(1);

    private static IdentityKey Bob { get; } = SecurityWorld.KeyOf(2);

    [TestCase(true, 1)]
    [TestCase(true, int.MaxValue)]
    [TestCase(false, 1)]
    [TestCase(false, int.MaxValue)]
    public async Task Both_sides_end_with_the_peer_and_a_muxer_over_all_that_follows(bool withTls, int maxRead)
    {
        ConnectionUpgrader there = UpgraderOf(Alice, withTls, "/first", "/yamux/1.0.0");
        ConnectionUpgrader here = UpgraderOf(Bob, withTls, "/yamux/1.0.0", "/other");
        (TestDuplex dialed, TestDuplex accepted) = DuplexPair.Create(maxRead: maxRead);
        Task<UpgradedConnection> dialing = there.UpgradeAsync(dialed, true, Bob.Id, CancellationToken.None).AsTask();
        Task<UpgradedConnection> listening = here.UpgradeAsync(accepted, false, null, CancellationToken.None).AsTask();
        UpgradedConnection dialer = await dialing.InTime();
        UpgradedConnection listener = await listening.InTime();
        NamedMuxer dialerMuxer = (NamedMuxer)dialer.Muxer;
        NamedMuxer listenerMuxer = (NamedMuxer)listener.Muxer;
        Assert.Multiple(() =>
        {
            Assert.That((dialer.RemotePeer, listener.RemotePeer), Is.EqualTo((Bob.Id, Alice.Id)));
            Assert.That((dialer.RemoteKey, listener.RemoteKey), Is.EqualTo((Bob.PublicKey, Alice.PublicKey)));
            Assert.That((dialerMuxer.ProtocolId, listenerMuxer.ProtocolId), Is.EqualTo(("/yamux/1.0.0", "/yamux/1.0.0")));
            Assert.That((dialerMuxer.IsDialer, listenerMuxer.IsDialer), Is.EqualTo((true, false)));
        });
        await dialerMuxer.Below.WriteAsync(new byte[] { 1, 2, 3 }, CancellationToken.None);
        Assert.That(await listenerMuxer.Below.ReadAsync(3), Is.EqualTo(new byte[] { 1, 2, 3 }));
        await listenerMuxer.Below.WriteAsync(new byte[] { 4, 5, 6 }, CancellationToken.None);
        Assert.That(await dialerMuxer.Below.ReadAsync(3), Is.EqualTo(new byte[] { 4, 5, 6 }));
        await dialed.CloseAsync();
        await accepted.CloseAsync();
    }

    [Test]
    public async Task A_dialer_that_sends_everything_at_once_is_served()
    {
        byte[] script =
        [
            .. MultistreamLine.Encode(MultistreamSelect.ProtocolId, "/plaintext/2.0.0"),
            .. DelimitedOf(PlaintextExchange.Encode(Alice.PublicKey)),
            .. MultistreamLine.Encode(MultistreamSelect.ProtocolId, "/yamux/1.0.0"),
            7, 8, 9,
        ];
        UpgradedConnection connection = await UpgraderOf(Bob, false, "/yamux/1.0.0")
            .UpgradeAsync(new ScriptedStream(script), false, null, CancellationToken.None).InTime();
        Assert.That(connection.RemotePeer, Is.EqualTo(Alice.Id));
        Assert.That(await ((NamedMuxer)connection.Muxer).Below.ReadAsync(3), Is.EqualTo(new byte[] { 7, 8, 9 }));
    }

    [Test]
    public async Task Peers_without_a_common_protocol_part()
    {
        await ExpectAsync(UpgraderOf(Alice, true, "/yamux/1.0.0"), UpgraderOf(Bob, false, "/yamux/1.0.0"), NetworkError.ProtocolNotSupported);
        await ExpectAsync(UpgraderOf(Alice, false, "/yamux/1.0.0"), UpgraderOf(Bob, false, "/other"), NetworkError.ProtocolNotSupported);
        await ExpectAsync(UpgraderOf(Alice, true, "/yamux/1.0.0"), UpgraderOf(Bob, true, "/other"), NetworkError.ProtocolNotSupported);
    }

    [Test]
    public void A_failed_step_closes_the_connection()
    {
        ConnectionUpgrader upgrader = UpgraderOf(Bob, false, "/yamux/1.0.0");
        byte[] header = MultistreamLine.Encode(MultistreamSelect.ProtocolId, "/plaintext/2.0.0");
        byte[] exchange = DelimitedOf(PlaintextExchange.Encode(Alice.PublicKey));
        byte[][] scripts = [[], [1, 2, 3], header, [.. header, 0], [.. header, .. exchange], [.. header, .. exchange, 9, 9]];
        Assert.Multiple(() =>
        {
            foreach (byte[] script in scripts)
            {
                ScriptedStream stream = new(script);
                Assert.That(async () => await upgrader.UpgradeAsync(stream, false, null, CancellationToken.None), Throws.InstanceOf<NetworkException>());
                Assert.That(stream.IsClosed, Is.True, Convert.ToHexString(script));
            }
        });
    }

    [Test]
    public async Task A_cancelled_upgrade_closes_the_connection_at_every_step()
    {
        ConnectionUpgrader upgrader = UpgraderOf(Bob, true, "/yamux/1.0.0");
        byte[] header = MultistreamLine.Encode(MultistreamSelect.ProtocolId, "/tls/1.0.0");
        foreach (byte[] sent in (byte[][])[[], header[..5], header, [.. header, 22, 3, 1]])
        {
            (TestDuplex far, TestDuplex near) = DuplexPair.Create();
            using CancellationTokenSource deadline = new();
            await far.WriteAsync(sent, CancellationToken.None);
            Task<UpgradedConnection> upgrading = upgrader.UpgradeAsync(near, false, null, deadline.Token).AsTask();
            await deadline.CancelAsync();
            Assert.That(async () => await upgrading.InTime(), Throws.InstanceOf<OperationCanceledException>());
            Assert.That(near.IsClosed, Is.True);
            await far.CloseAsync();
        }
    }

    [Test]
    public void An_upgrader_needs_protocols()
    {
        Assert.That(() => new ConnectionUpgrader([], [new NamedFactory("/a")]), Throws.ArgumentException);
        Assert.That(() => new ConnectionUpgrader([new PlaintextSecurity(Alice.PublicKey)], []), Throws.ArgumentException);
    }

    private static async Task ExpectAsync(ConnectionUpgrader dialer, ConnectionUpgrader listener, NetworkError error)
    {
        (TestDuplex dialed, TestDuplex accepted) = DuplexPair.Create();
        Task<UpgradedConnection> dialing = dialer.UpgradeAsync(dialed, true, null, CancellationToken.None).AsTask();
        Task<UpgradedConnection> listening = listener.UpgradeAsync(accepted, false, null, CancellationToken.None).AsTask();
        Assert.That(
            async () => await dialing.InTime(), Throws.InstanceOf<NetworkException>().With.Property(nameof(NetworkException.Error)).EqualTo(error));
        Assert.That(async () => await listening.InTime(), Throws.InstanceOf<NetworkException>());
        Assert.That((dialed.IsClosed, accepted.IsClosed), Is.EqualTo((true, true)));
        await Task.CompletedTask;
    }

    private static ConnectionUpgrader UpgraderOf(IdentityKey key, bool withTls, params string[] muxers)
    {
        ISecurityProtocol security = withTls ? SecurityWorld.TlsOf(key) : new PlaintextSecurity(key.PublicKey);
        return new ConnectionUpgrader([security], [.. muxers.Select(muxer => new NamedFactory(muxer))]);
    }

    private static byte[] DelimitedOf(byte[] message) => [(byte)message.Length, .. message];

    private sealed class NamedFactory(string id) : IMuxerFactory
    {
        public string ProtocolId => id;

        public IMuxer Create(IDuplexStream connection, bool isDialer, MemoryReservation? memory = null) => new NamedMuxer(id, connection, isDialer);
    }

    /// <summary>Remembers what it was made of.</summary>
    private sealed class NamedMuxer(string id, IDuplexStream below, bool isDialer) : IMuxer
    {
        public string ProtocolId => id;

        public IDuplexStream Below => below;

        public bool IsDialer => isDialer;

        public Task<MuxerEnd> Completion => Task.FromResult(new MuxerEnd(0, false, ""));

        public int StreamCount => 0;

        public ValueTask<IMuxedStream> OpenStreamAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<IMuxedStream?> AcceptStreamAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<TimeSpan> PingAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask CloseAsync(uint code) => below.CloseAsync();

        public ValueTask DisposeAsync() => CloseAsync(0);
    }
}
