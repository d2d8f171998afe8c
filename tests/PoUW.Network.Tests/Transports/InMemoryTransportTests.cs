using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Transports;

internal sealed class InMemoryTransportTests : TransportConformance
{
    protected override Multiaddr FreeAddress => Multiaddr.Memory("listener");

    protected override Multiaddr BadAddress => Multiaddr.Parse("/ip4/127.0.0.1/tcp/4001");

    [Test]
    public async Task APipeHoldsNoMoreThanItsCapacity()
    {
        (IConnection dialer, IConnection accepted) = await ConnectAsync();
        int written = 0;
        ValueTask write = ValueTask.CompletedTask;
        while (write.IsCompletedSuccessfully && written < 1_000_000)
        {
            write = dialer.WriteAsync(new byte[1000], default);
            written += 1000;
        }

        Assert.That(written, Is.InRange(256 * 1024, (256 * 1024) + 1000));
        await dialer.CloseAsync();
        Assert.ThrowsAsync<NetworkException>(() => write.InTime());
        await accepted.CloseAsync();
    }

    [Test]
    public async Task AFullBacklogRefuses()
    {
        InMemoryTransport transport = new(new InMemoryNetwork(backlog: 2));
        IListener listener = await transport.ListenAsync(Multiaddr.Memory("x"), default);
        IConnection first = await transport.DialAsync(Multiaddr.Memory("x"), default);
        await transport.DialAsync(Multiaddr.Memory("x"), default);
        Assert.ThrowsAsync<NetworkException>(() => transport.DialAsync(Multiaddr.Memory("x"), default).InTime());
        await listener.DisposeAsync();
        Assert.That(await first.ReadAsync(new byte[1], default).InTime(), Is.Zero, "nobody accepted it");
    }

    protected override ITransport CreateTransport() => new InMemoryTransport(new InMemoryNetwork());
}
