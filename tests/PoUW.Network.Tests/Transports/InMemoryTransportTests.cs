using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Transports;

internal sealed class InMemoryTransportTests : TransportConformance
{
    protected override NetworkEndpoint FreeEndpoint => new("listener");

    protected override NetworkEndpoint BadEndpoint => new("");

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
        IListener listener = await transport.ListenAsync(new NetworkEndpoint("x"), default);
        IConnection first = await transport.DialAsync(new NetworkEndpoint("x"), default);
        await transport.DialAsync(new NetworkEndpoint("x"), default);
        Assert.ThrowsAsync<NetworkException>(() => transport.DialAsync(new NetworkEndpoint("x"), default).InTime());
        await listener.DisposeAsync();
        Assert.That(await first.ReadAsync(new byte[1], default).InTime(), Is.Zero, "nobody accepted it");
    }

    protected override ITransport CreateTransport() => new InMemoryTransport(new InMemoryNetwork());
}
