using System.Buffers.Binary;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using PoUW.Core.Randomness;
using PoUW.Network.Identity;
using PoUW.Network.Security;
using PoUW.Network.Streams;
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

    [Test]
    public async Task A_peer_that_is_not_the_expected_one_is_refused_by_the_dialer()
    {
        using IdentityKey alice = SecurityWorld.KeyOf(1);
        using IdentityKey bob = SecurityWorld.KeyOf(2);
        using TlsSecurity there = SecurityWorld.TlsOf(alice);
        using TlsSecurity here = SecurityWorld.TlsOf(bob);
        (HandshakeEnd dialer, HandshakeEnd listener) = await SecurityWorld.ShakeAsync(there, here, alice.Id);
        ExpectFailure(dialer, "not " + alice.Id);

        // The platform lets the dialer look at the certificate when the listener has all it needs: it may have succeeded, but reads nothing.
        await ExpectNothingAsync(listener);
    }

    [TestCaseSource(nameof(WrongCertificates))]
    public async Task A_wrong_certificate_is_refused_on_both_sides(Func<X509Certificate2?> make, string reason)
    {
        using IdentityKey alice = SecurityWorld.KeyOf(1);
        using TlsSecurity honest = SecurityWorld.TlsOf(alice);
        using X509Certificate2? certificate = make();
        RawTls wrong = new(certificate);
        (_, HandshakeEnd listener) = await SecurityWorld.ShakeAsync(wrong, honest);
        ExpectFailure(listener, reason);
        if (certificate is not null)
        {
            (HandshakeEnd dialer, _) = await SecurityWorld.ShakeAsync(honest, wrong);
            ExpectFailure(dialer, reason);
        }
    }

    [Test]
    public async Task More_than_one_certificate_is_refused_on_both_sides()
    {
        using IdentityKey alice = SecurityWorld.KeyOf(1);
        using TlsSecurity honest = SecurityWorld.TlsOf(alice);
        (X509Certificate2 leaf, X509Certificate2 issuer) = new CertificateForge { Claimed = Bob }.MakeIssued();
        RawTls wrong = new(leaf) { Others = [issuer] };
        (_, HandshakeEnd listener) = await SecurityWorld.ShakeAsync(wrong, honest);
        ExpectFailure(listener, "more than one certificate");
        (HandshakeEnd dialer, _) = await SecurityWorld.ShakeAsync(honest, wrong);
        ExpectFailure(dialer, "more than one certificate");
        leaf.Dispose();
        issuer.Dispose();
    }

    [Test]
    public async Task A_dialer_that_the_listener_refused_reads_nothing()
    {
        using IdentityKey alice = SecurityWorld.KeyOf(1);
        using TlsSecurity honest = SecurityWorld.TlsOf(alice);
        using X509Certificate2 forged = new CertificateForge { Claimed = alice, Signer = Bob }.Make();
        (HandshakeEnd dialer, HandshakeEnd listener) = await SecurityWorld.ShakeAsync(new RawTls(forged), honest);
        ExpectFailure(listener, "signature");
        await ExpectNothingAsync(dialer);
    }

    [Test]
    public async Task Older_versions_of_tls_are_refused()
    {
        using IdentityKey alice = SecurityWorld.KeyOf(1);
        using TlsSecurity honest = SecurityWorld.TlsOf(alice);
        using X509Certificate2 certificate = new CertificateForge { Claimed = Bob }.Make();
        RawTls old = new(certificate) { Protocols = SslProtocols.Tls12 };
        ExpectFailure((await SecurityWorld.ShakeAsync(old, honest)).Listener, "");
        ExpectFailure((await SecurityWorld.ShakeAsync(honest, old)).Dialer, "");
    }

    [Test]
    public async Task Applications_that_are_not_libp2p_are_refused()
    {
        using IdentityKey alice = SecurityWorld.KeyOf(1);
        using TlsSecurity honest = SecurityWorld.TlsOf(alice);
        using X509Certificate2 certificate = new CertificateForge { Claimed = Bob }.Make();
        ExpectFailure((await SecurityWorld.ShakeAsync(new RawTls(certificate) { Applications = ["h2"] }, honest)).Listener, "");
        ExpectFailure((await SecurityWorld.ShakeAsync(honest, new RawTls(certificate) { Applications = ["h2"] })).Dialer, "");
    }

    [TestCase("libp2p")]
    [TestCase("")]
    public async Task A_peer_without_early_muxer_negotiation_is_taken(string application)
    {
        using IdentityKey alice = SecurityWorld.KeyOf(1);
        using TlsSecurity honest = SecurityWorld.TlsOf(alice);
        using X509Certificate2 certificate = new CertificateForge { Claimed = Bob }.Make();
        RawTls plain = new(certificate) { Applications = application.Length == 0 ? [] : [application] };
        HandshakeEnd listener = (await SecurityWorld.ShakeAsync(plain, honest)).Listener;
        HandshakeEnd dialer = (await SecurityWorld.ShakeAsync(honest, plain)).Dialer;
        foreach (HandshakeEnd end in (HandshakeEnd[])[listener, dialer])
        {
            Assert.That((end.Channel?.RemotePeer, end.Channel?.EarlyMuxer), Is.EqualTo(((PeerId?)Bob.Id, (string?)null)), end.Failure?.Message);
        }
    }

    [Test]
    public async Task The_hello_names_no_server_and_offers_the_muxers()
    {
        using TlsSecurity tls = SecurityWorld.TlsOf(Bob);
        ScriptedStream silent = new([]);
        Assert.That(async () => await tls.SecureAsync(silent, true, null, ["/yamux/1.0.0"], CancellationToken.None), Throws.InstanceOf<NetworkException>());
        Dictionary<int, byte[]> extensions = ExtensionsOfHello(silent.Written);
        Assert.Multiple(() =>
        {
            Assert.That(extensions.ContainsKey(0), Is.False, "server name");
            Assert.That(extensions.ContainsKey(41), Is.False, "a session to resume");
            Assert.That(System.Text.Encoding.ASCII.GetString(extensions[16]), Does.Contain("\x0c/yamux/1.0.0\x06libp2p"));
            Assert.That(extensions[43], Is.EqualTo(new byte[] { 2, 3, 4 }), "TLS 1.3 and nothing else");
            Assert.That(silent.IsClosed, Is.True);
        });
    }

    [Test]
    public async Task No_session_is_resumed()
    {
        using IdentityKey alice = SecurityWorld.KeyOf(1);
        using TlsSecurity there = SecurityWorld.TlsOf(alice);
        using TlsSecurity here = SecurityWorld.TlsOf(Bob);
        for (int i = 0; i < 3; i++)
        {
            (HandshakeEnd dialer, HandshakeEnd listener) = await SecurityWorld.ShakeAsync(there, here);
            Assert.That((dialer.Channel?.RemotePeer, listener.Channel?.RemotePeer), Is.EqualTo(((PeerId?)Bob.Id, (PeerId?)alice.Id)));
            await ExpectBytesAsync(dialer.Channel!, listener.Channel!);
        }
    }

    [Test]
    public async Task A_certificate_is_renewed_half_way_and_when_the_clock_was_set_back()
    {
        using IdentityKey alice = SecurityWorld.KeyOf(1);
        ManualTimeProvider time = SecurityWorld.ClockOf2026();
        TlsSecurityOptions options = new() { CertificateLifetime = TimeSpan.FromDays(10) };
        using TlsSecurity there = SecurityWorld.TlsOf(alice, time, options);
        using TlsSecurity here = SecurityWorld.TlsOf(Bob, time, options);
        for (int day = 0; day < 25; day += 4)
        {
            (HandshakeEnd dialer, HandshakeEnd listener) = await SecurityWorld.ShakeAsync(there, here);
            Assert.That((dialer.Failure, listener.Failure), Is.EqualTo(((NetworkException?)null, (NetworkException?)null)), $"day {day}");
            time.Advance(TimeSpan.FromDays(4));
        }

        using TlsSecurity late = SecurityWorld.TlsOf(alice, SecurityWorld.ClockOf2026(), options);
        ExpectFailure((await SecurityWorld.ShakeAsync(late, here)).Listener, "Valid from");
    }

    [Test]
    public async Task A_byte_changed_on_the_way_ends_the_handshake([Range(0, 1)] int direction, [Values(20, 60, 300, 700)] int position)
    {
        using IdentityKey alice = SecurityWorld.KeyOf(1);
        using TlsSecurity there = SecurityWorld.TlsOf(alice);
        using TlsSecurity here = SecurityWorld.TlsOf(Bob);
        (TestDuplex dialed, TestDuplex accepted) = DuplexPair.Create();
        (direction == 0 ? dialed : accepted).Corrupted = position;
        Task<HandshakeEnd> dialing = SecurityWorld.EndOfAsync(there, dialed, isDialer: true);
        Task<HandshakeEnd> listening = SecurityWorld.EndOfAsync(here, accepted, isDialer: false);
        HandshakeEnd dialer = await dialing.InTime();
        HandshakeEnd listener = await listening.InTime();
        bool isTaken = dialer.Channel is not null && listener.Channel is not null;
        Assert.That(isTaken, Is.False);
    }

    [Test]
    public async Task Garbage_and_torn_handshakes_are_failures_of_the_peer([Range(0, 9)] int seed)
    {
        using TlsSecurity tls = SecurityWorld.TlsOf(Bob);
        ScriptedStream silent = new([]);
        Assert.That(async () => await tls.SecureAsync(silent, true, null, ["/yamux/1.0.0"], CancellationToken.None), Throws.InstanceOf<NetworkException>());
        Random mutations = new(seed);
        for (int i = 0; i < 30; i++)
        {
            byte[] bytes = i == 0 ? System.Text.Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n") : FrameMutation.Mutate(silent.Written, mutations);
            bool isDialer = i % 2 == 0;
            ScriptedStream stream = new(bytes);
            Assert.That(
                async () => await tls.SecureAsync(stream, isDialer, null, ["/yamux/1.0.0"], CancellationToken.None),
                Throws.InstanceOf<NetworkException>());
            Assert.That(stream.IsClosed, Is.True);
        }

        await Task.CompletedTask;
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_silent_peer_holds_a_handshake_no_longer_than_its_token(bool isDialer)
    {
        using TlsSecurity tls = SecurityWorld.TlsOf(Bob);
        (TestDuplex near, TestDuplex far) = DuplexPair.Create();
        using CancellationTokenSource deadline = new();
        Task<HandshakeEnd> shaking = SecurityWorld.EndOfAsync(tls, near, isDialer, null, deadline.Token);
        await deadline.CancelAsync();
        Assert.That(async () => await shaking.InTime(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(near.IsClosed, Is.True);
        await far.CloseAsync();
    }

    [Test]
    public async Task Closing_ends_what_is_under_way_on_both_sides()
    {
        using TlsSecurity there = SecurityWorld.TlsOf(SecurityWorld.KeyOf(1));
        using TlsSecurity here = SecurityWorld.TlsOf(Bob);
        (HandshakeEnd dialer, HandshakeEnd listener) = await SecurityWorld.ShakeAsync(there, here);
        Task<int> own = dialer.Channel!.Stream.ReadAsync(new byte[10], CancellationToken.None).AsTask();
        Task<int> other = listener.Channel!.Stream.ReadAsync(new byte[10], CancellationToken.None).AsTask();
        await dialer.Channel.Stream.CloseAsync();
        await dialer.Channel.Stream.CloseAsync();
        Assert.That(async () => await own.InTime(), Throws.InstanceOf<NetworkException>());
        Assert.That(await other.InTime(), Is.Zero);
        Assert.That(async () => await dialer.Channel.Stream.WriteAsync(new byte[1], CancellationToken.None), Throws.InstanceOf<NetworkException>());
        Assert.That(async () => await dialer.Channel.Stream.ReadAsync(new byte[1], CancellationToken.None), Throws.InstanceOf<NetworkException>());
        await listener.Channel.Stream.CloseAsync();
    }

    [Test]
    public async Task Closing_at_any_moment_leaves_no_other_failure_than_that_of_the_network([Range(0, 7)] int seed)
    {
        using TlsSecurity there = SecurityWorld.TlsOf(SecurityWorld.KeyOf(1));
        using TlsSecurity here = SecurityWorld.TlsOf(Bob);
        (HandshakeEnd dialer, HandshakeEnd listener) = await SecurityWorld.ShakeAsync(there, here);
        Task[] busy =
        [
            Task.Run(() => PumpAsync(dialer.Channel!.Stream, writes: true)), Task.Run(() => PumpAsync(dialer.Channel!.Stream, writes: false)),
            Task.Run(() => PumpAsync(listener.Channel!.Stream, writes: true)), Task.Run(() => PumpAsync(listener.Channel!.Stream, writes: false)),
        ];
        byte[] part = new byte[1];
        for (int i = 0; i < seed * 10; i++)
        {
            await Task.Yield();
        }

        await Task.WhenAll(dialer.Channel!.Stream.CloseAsync().AsTask(), listener.Channel!.Stream.CloseAsync().AsTask()).InTime();
        await Task.WhenAll(busy).InTime();
    }

    private static IdentityKey Bob { get; } = SecurityWorld.KeyOf(2);

    private static IEnumerable<TestCaseData> WrongCertificates()
    {
        IdentityKey victim = SecurityWorld.KeyOf(3);
        DateTimeOffset now = SecurityWorld.ClockOf2026().GetUtcNow();
        yield return Case("claims the key of another", () => new CertificateForge { Claimed = victim, Signer = Bob }.Make(), "BadSignature");
        yield return Case("expired", () => new CertificateForge { Claimed = Bob, NotAfter = now.AddMinutes(-1) }.Make(), "Expired");
        yield return Case("not yet valid", () => new CertificateForge { Claimed = Bob, NotBefore = now.AddMinutes(1) }.Make(), "Expired");
        yield return Case("no extension", () => new CertificateForge().Make(), "no libp2p extension");
        yield return Case("bad self-signature", () => new CertificateForge { Claimed = Bob }.MakeWithBadSelfSignature(), "BadSignature");
        yield return Case("bad signature in the extension", () => new CertificateForge { Claimed = Bob, SignsOtherKey = true }.Make(), "BadSignature");
        yield return Case(
            "unknown critical extension",
            () => new CertificateForge { Claimed = Bob, Others = [new X509Extension("1.2.3.4.5", [1], true)] }.Make(),
            "critical and not known");
        yield return Case(
            "key usage",
            () => new CertificateForge { Claimed = Bob, Others = [new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true)] }.Make(),
            "");
        yield return Case("no certificate", () => null, "no certificate");
    }

    private static TestCaseData Case(string name, Func<X509Certificate2?> make, string reason) =>
        new TestCaseData(make, reason).SetArgDisplayNames(name);

    private static void ExpectFailure(HandshakeEnd end, string reason)
    {
        Assert.Multiple(() =>
        {
            Assert.That(end.Channel, Is.Null);
            Assert.That(end.Failure?.Error, Is.EqualTo(NetworkError.HandshakeFailed));
            Assert.That(end.Failure?.Message, Does.Contain(reason));
            Assert.That(end.Below.IsClosed, Is.True, "the stream below is closed");
        });
    }

    /// <summary>The handshake failed, or the first read shows that the other side left.</summary>
    private static async Task ExpectNothingAsync(HandshakeEnd end)
    {
        if (end.Channel is not { } channel)
        {
            return;
        }

        try
        {
            Assert.That(await channel.Stream.ReadAsync(new byte[1], CancellationToken.None).InTime(), Is.Zero);
        }
        catch (NetworkException)
        {
            // The alert of the other side.
        }
    }

    private static async Task PumpAsync(IDuplexStream stream, bool writes)
    {
        byte[] buffer = new byte[20_000];
        try
        {
            while (true)
            {
                if (writes)
                {
                    await stream.WriteAsync(buffer, CancellationToken.None);
                }
                else if (await stream.ReadAsync(buffer, CancellationToken.None) == 0)
                {
                    return;
                }
            }
        }
        catch (NetworkException)
        {
            // What must happen: the stream was closed.
        }
    }

    /// <summary>The extensions of a ClientHello (RFC 8446, section 4.1.2) in one record.</summary>
    private static Dictionary<int, byte[]> ExtensionsOfHello(byte[] record)
    {
        int at = 5 + 4 + 2 + 32;
        at += 1 + record[at];
        at += 2 + BinaryPrimitives.ReadUInt16BigEndian(record.AsSpan(at));
        at += 1 + record[at];
        int end = at + 2 + BinaryPrimitives.ReadUInt16BigEndian(record.AsSpan(at));
        at += 2;
        Dictionary<int, byte[]> extensions = [];
        while (at < end)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(record.AsSpan(at + 2));
            extensions.Add(BinaryPrimitives.ReadUInt16BigEndian(record.AsSpan(at)), record.AsSpan(at + 4, length).ToArray());
            at += 4 + length;
        }

        return extensions;
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
