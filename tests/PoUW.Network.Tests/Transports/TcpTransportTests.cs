using System.Net;
using System.Net.Sockets;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Transports;

internal sealed class TcpTransportTests : TransportConformance
{
    protected override Multiaddr FreeAddress => Multiaddr.Parse("/ip4/127.0.0.1/tcp/0");

    protected override Multiaddr BadAddress => Multiaddr.Memory("listener");

    [TestCase("/dns4/name.test/tcp/4001/ws")]
    [TestCase("/ip4/127.0.0.1/udp/4001")]
    [TestCase("/ip4/127.0.0.1/tcp/0")]
    [TestCase("/dnsaddr/name.test")]
    public void OnlyPlainTcpIsDialed(string text)
    {
        TcpTransport transport = new();
        Multiaddr address = Multiaddr.Parse(text);
        NetworkException? failure = Assert.ThrowsAsync<NetworkException>(() => transport.DialAsync(address, default).InTime());
        Assert.That((transport.CanDial(address), failure!.Error), Is.EqualTo((false, NetworkError.BadEndpoint)));
    }

    [Test]
    public async Task ANameIsDialedAddressByAddress()
    {
        await using IListener listener = await new TcpTransport().ListenAsync(FreeAddress, default);
        listener.LocalAddress.TryGetTcp(out _, out int port);
        List<(string Name, AddressFamily Family)> asked = [];
        TcpTransport transport = new(new TcpTransportOptions(), TimeProvider.System, (name, family, _) =>
        {
            asked.Add((name, family));

            // Nobody listens at the first one.
            return Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.77"), IPAddress.IPv6Loopback, IPAddress.Loopback]);
        });
        Multiaddr address = Multiaddr.Parse($"/dns4/node.test/tcp/{port}/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA");
        Assert.That(transport.CanDial(address), Is.True);
        await using IConnection connection = await transport.DialAsync(address, default).InTime();
        Assert.That(connection.RemoteAddress, Is.EqualTo(listener.LocalAddress));
        Assert.That(asked, Is.EqualTo(new[] { ("node.test", AddressFamily.InterNetwork) }));
    }

    [Test]
    public async Task AnAddressOfANameThatNeverAnswersIsGivenUp()
    {
        await using IListener listener = await new TcpTransport().ListenAsync(FreeAddress, default);
        listener.LocalAddress.TryGetTcp(out _, out int port);

        // 240.0.0.1 is reserved: on most systems the connect fails at once, on others it hangs. Both have to lead on to the next address.
        TcpTransport transport = new(
            new TcpTransportOptions { AddressTimeout = TimeSpan.FromMilliseconds(200) },
            TimeProvider.System,
            static (_, _, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("240.0.0.1"), IPAddress.Loopback]));
        await using IConnection connection = await transport.DialAsync(Multiaddr.Parse($"/dns/node.test/tcp/{port}"), default).InTime();
        Assert.That(connection.RemoteAddress, Is.EqualTo(listener.LocalAddress));
    }

    [Test]
    public void ANameWithTooManyAddressesIsTriedSoOften()
    {
        TcpTransport transport = new(
            new TcpTransportOptions { MaxAddressesPerName = 2, AddressTimeout = TimeSpan.FromMilliseconds(200) },
            TimeProvider.System,
            static (_, _, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.77"), IPAddress.Parse("127.0.0.78"), IPAddress.Parse("127.0.0.79")]));
        NetworkException? failure = Assert.ThrowsAsync<NetworkException>(() => transport.DialAsync(Multiaddr.Parse("/dns/node.test/tcp/1"), default).InTime());
        Assert.That(failure!.Error, Is.EqualTo(NetworkError.Refused));
        Assert.That(failure.Message, Does.Contain("127.0.0.78"));
    }

    [Test]
    public void ANameWithoutAddressIsRefused()
    {
        TcpTransport unknown = new(new TcpTransportOptions(), TimeProvider.System, static (_, _, _) => throw new SocketException((int)SocketError.HostNotFound));
        TcpTransport empty = new(new TcpTransportOptions(), TimeProvider.System, static (_, _, _) => Task.FromResult(Array.Empty<IPAddress>()));
        foreach (TcpTransport transport in new[] { unknown, empty })
        {
            NetworkException? failure = Assert.ThrowsAsync<NetworkException>(() => transport.DialAsync(Multiaddr.Parse("/dns/node.test/tcp/1"), default).InTime());
            Assert.That(failure!.Error, Is.EqualTo(NetworkError.Refused));
        }
    }

    [Test]
    public async Task ADualStackListenerTakesIpv4()
    {
        if (!Socket.OSSupportsIPv6)
        {
            Assert.Ignore("this machine has no IPv6");
        }

        TcpTransport transport = new();
        await using IListener listener = await transport.ListenAsync(Multiaddr.Parse("/ip6/::/tcp/0"), default);
        listener.LocalAddress.TryGetTcp(out _, out int port);
        await using IConnection dialer = await transport.DialAsync(Multiaddr.Parse($"/ip4/127.0.0.1/tcp/{port}"), default).InTime();
        await using IConnection? accepted = await listener.AcceptAsync(default).InTime();
        Assert.That(accepted!.RemoteAddress, Is.EqualTo(dialer.LocalAddress), "an IPv4 dialer is shown as one");
        Assert.That(accepted.RemoteAddress.ToString(), Does.StartWith("/ip4/127.0.0.1/tcp/"));
    }

    [Test]
    public async Task AListenerWaitsOutAWantOfDescriptors()
    {
        ManualTimeProvider time = new();
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        Queue<SocketError> failures = new([SocketError.TooManyOpenSockets, SocketError.ConnectionReset, SocketError.NoBufferSpaceAvailable]);
        TcpConnectionListener listener = new(socket, new TcpTransportOptions(), time, cancellation =>
            failures.TryDequeue(out SocketError error) ? throw new SocketException((int)error) : socket.AcceptAsync(cancellation));
        Task<IConnection?> accept = listener.AcceptAsync(default).AsTask();
        await time.WaitForTimerAsync(TimeSpan.FromMilliseconds(5));
        Assert.That(failures, Has.Count.EqualTo(2));
        time.Advance(TimeSpan.FromMilliseconds(5));
        await time.WaitForTimerAsync(TimeSpan.FromMilliseconds(10));
        time.Advance(TimeSpan.FromMilliseconds(10));
        await using IConnection dialer = await new TcpTransport().DialAsync(listener.LocalAddress, default).InTime();
        await using IConnection? accepted = await accept.InTime();
        Assert.That(accepted!.RemoteAddress, Is.EqualTo(dialer.LocalAddress));
    }

    [Test]
    public async Task DisposingEndsAListenerThatWaitsOutAFailure()
    {
        ManualTimeProvider time = new();
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        TcpConnectionListener listener = new(socket, new TcpTransportOptions(), time, static _ => throw new SocketException((int)SocketError.TooManyOpenSockets));
        Task<IConnection?> accept = listener.AcceptAsync(default).AsTask();
        await time.WaitForTimerAsync(TimeSpan.FromMilliseconds(5));
        await listener.DisposeAsync().InTime();
        Assert.That(await accept.InTime(), Is.Null);
    }

    [Test]
    public async Task NagleIsOff()
    {
        using Socket raw = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        TcpConnection connection = new(raw, new TcpTransportOptions());
        Assert.That(raw.NoDelay, Is.True);
        await connection.CloseAsync();
    }

    protected override ITransport CreateTransport() => new TcpTransport();
}
