using PoUW.Core.Primitives;
using PoUW.Network.Hosting;
using PoUW.Network.Muxing;

namespace PoUW.Network.Tests.Hosting;

internal sealed class HostTests
{
    [TestCase(0, 1, false)]
    [TestCase(1, 0, false)]
    [TestCase(0, 1, true)]
    [TestCase(1, 0, true)]
    public void TwoHostsConnectAndKnowEachOther(int dialer, int listener, bool hello)
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host a = await world.StartAsync(dialer, new HostOptions { Agent = "first" }, hello ? HostWorld.Hello() : null);
            Host b = await world.StartAsync(listener, hello: hello ? HostWorld.Hello() : null);
            b.Handle("/test/1", static (_, _) => Task.CompletedTask);
            ConnectResult result = await a.DialAsync(HostWorld.AddressOf(listener));
            await world.Delay(1);
            Assert.That((result.Reason, result.Peer), Is.EqualTo((CloseReason.None, b.Id)));
            PeerConnection atA = a.Peers.Single();
            PeerConnection atB = b.Peers.Single();
            Assert.That((atA.Id, atA.IsInbound, atA.RemoteAddress), Is.EqualTo((b.Id, false, HostWorld.AddressOf(listener))));
            Assert.That((atB.Id, atB.IsInbound, atB.Agent), Is.EqualTo((a.Id, true, "first")));
            Assert.That(atB.Addresses, Is.EqualTo(new[] { HostWorld.AddressOf(dialer) }));
            Assert.That(atA.Protocols, Does.Contain("/test/1").And.Contain("/ipfs/ping/1.0.0"));
            Assert.That(await a.PingAsync(b.Id), Is.EqualTo(TimeSpan.FromMilliseconds(20)));
        });
        Assert.That(world.Log.Take(2), Is.EquivalentTo(new[] { $"{dialer} +{listener}", $"{listener} +{dialer}" }));
    }

    [TestCase(0, 1)]
    [TestCase(1, 0)]
    public void AnotherNetworkIsRefusedAndToldSo(int dialer, int listener)
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host a = await world.StartAsync(dialer, hello: HostWorld.Hello());
            Host b = await world.StartAsync(listener, hello: HostWorld.Hello(Hash256.Sha256("other"u8)));
            Assert.That((await a.DialAsync(HostWorld.AddressOf(listener))).Reason, Is.EqualTo(CloseReason.WrongNetwork));
            Assert.That(a.Peers.Count + b.Peers.Count, Is.Zero);
        });
        Assert.That(world.Log, Is.Empty);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void SimultaneousDialsLeaveOneConnection(bool hello)
    {
        for (int seed = 0; seed < 40; seed++)
        {
            HostWorld world = new(seed);
            world.Run(async () =>
            {
                Host a = await world.StartAsync(0, hello: hello ? HostWorld.Hello() : null);
                Host b = await world.StartAsync(1, hello: hello ? HostWorld.Hello() : null);
                ConnectResult[] results = await Task.WhenAll(
                    a.DialAsync(HostWorld.AddressOf(1)).AsTask(), b.DialAsync(HostWorld.AddressOf(0)).AsTask(),
                    a.DialAsync(HostWorld.AddressOf(1)).AsTask(), b.DialAsync(HostWorld.AddressOf(0)).AsTask());
                await world.Delay(20);
                Assert.That((a.Peers.Count, b.Peers.Count, world.Model.ConnectionCount), Is.EqualTo((1, 1, 1)), $"seed {seed}");
                Assert.That(a.Peers[0].IsInbound, Is.Not.EqualTo(b.Peers[0].IsInbound), "the same one");
                Assert.That(results.All(static result => result.Reason is CloseReason.None or CloseReason.Duplicate), Is.True);
                if (hello)
                {
                    Assert.That(results.Count(static result => result.IsConnected), Is.EqualTo(1), $"seed {seed}");
                    Assert.That(world.Log.Order(), Is.EqualTo(new[] { "0 +1", "1 +0" }));
                }
            });
        }
    }

    [Test]
    public void TheSameSeedGivesTheSameTrace()
    {
        (string, string, long) first = RunOnce(7);
        Assert.That(RunOnce(7), Is.EqualTo(first));
        Assert.That(RunOnce(8), Is.Not.EqualTo(first), "the schedule matters");
        Assert.That(first.Item3, Is.GreaterThan(10_000));
    }

    private static (string Hash, string Log, long Bytes) RunOnce(int seed)
    {
        const int Hosts = 6;
        HostWorld world = new(seed);
        world.Run(async () =>
        {
            List<Host> hosts = [];
            for (int i = 0; i < Hosts; i++)
            {
                Host host = await world.StartAsync(i, hello: HostWorld.Hello());
                host.Handle("/echo", async (stream, cancellation) =>
                {
                    byte[] buffer = new byte[1000];
                    int count = await stream.ReadAsync(buffer, cancellation);
                    await stream.WriteAsync(buffer.AsMemory(0, count), cancellation);
                    await stream.CloseAsync();
                });
                hosts.Add(host);
            }

            await Task.WhenAll(
                from i in Enumerable.Range(0, Hosts)
                from j in Enumerable.Range(0, Hosts)
                where i != j
                select hosts[i].DialAsync(HostWorld.AddressOf(j)).AsTask());
            await Task.WhenAll(
                from host in hosts
                from peer in host.Peers
                select EchoAsync(host, peer));
        });
        return (world.World.Trace.Hash, string.Join('\n', world.Log), world.World.Trace.Bytes);
    }

    private static async Task EchoAsync(Host host, PeerConnection peer)
    {
        await using PeerStream stream = await host.OpenStreamAsync(peer.Id, ["/echo"], StreamPriority.Normal, default);
        byte[] buffer = new byte[100];
        await stream.WriteAsync(buffer, default);
        Assert.That(await stream.ReadAsync(buffer, default), Is.EqualTo(100));
    }
}
