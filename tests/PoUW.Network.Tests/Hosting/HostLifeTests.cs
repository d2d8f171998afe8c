using PoUW.Network.Hosting;
using PoUW.Network.Muxing;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports.Modelled;

namespace PoUW.Network.Tests.Hosting;

/// <summary>Ends and new beginnings of connections and hosts.</summary>
internal sealed class HostLifeTests
{
    [TestCase(true)]
    [TestCase(false)]
    public void AHostMayStopAtAnyMoment(bool hello)
    {
        for (int milliseconds = 0; milliseconds < 260; milliseconds += 7)
        {
            HostWorld world = new(milliseconds);
            world.Run(async () =>
            {
                Host a = await world.StartAsync(0, hello: hello ? HostWorld.Hello() : null);
                Host b = await world.StartAsync(1, hello: hello ? HostWorld.Hello() : null);
                Task<ConnectResult>[] dials = [a.DialAsync(HostWorld.AddressOf(1)).AsTask(), b.DialAsync(HostWorld.AddressOf(0)).AsTask()];
                await world.Delay(milliseconds / 1000.0);
                await Task.WhenAll(a.DisposeAsync().AsTask(), a.DisposeAsync().AsTask());
                foreach (ConnectResult result in await Task.WhenAll(dials))
                {
                    Assert.That(result.Reason, Is.Not.EqualTo(CloseReason.Unauthorized));
                }

                await b.DisposeAsync();
                await world.Delay(5);
                Assert.That(world.Model.ConnectionCount, Is.Zero);
            });
        }
    }

    [Test]
    public void NothingWaitsLongForAPeerThatDoesNotRead()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host a = await world.StartAsync(0);
            Host b = await world.StartAsync(1);
            Host c = await world.StartAsync(2);
            await a.DialAsync(HostWorld.AddressOf(1));
            await a.DialAsync(HostWorld.AddressOf(2));
            foreach (string deaf in new[] { "n1", "n2" })
            {
                world.Model.Clog("n0", deaf);
                world.Model.Clog(deaf, "n0");
            }

            TimeSpan before = world.World.Time.Now;
            await a.DisconnectAsync(b.Id);
            Assert.That(world.World.Time.Now - before, Is.LessThan(TimeSpan.FromSeconds(5)));
            await a.DisposeAsync();
            Assert.That(world.World.Time.Now - before, Is.LessThan(TimeSpan.FromSeconds(10)));
            world.Model.Heal();
            await c.DisposeAsync();
        });
    }

    [TestCase(0, 1)]
    [TestCase(1, 0)]
    public void APeerThatLostItsConnectionWithoutAWordComesBack(int survivor, int lost)
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host a = await world.StartAsync(survivor, hello: HostWorld.Hello());
            ModelledTransport machine = world.Model.AddHost("machine");
            Host b = world.Make(lost, hello: HostWorld.Hello(), transport: machine);
            Assert.That((await b.DialAsync(HostWorld.AddressOf(survivor))).Reason, Is.EqualTo(CloseReason.None));
            await world.Delay(1);
            world.Model.Vanish("machine");
            await world.Delay(1);
            Assert.That(a.Peers, Has.Count.EqualTo(1), "half-open");
            world.Model.Return("machine");
            Host again = world.Make(lost, hello: HostWorld.Hello(), transport: machine);
            Assert.That((await again.DialAsync(HostWorld.AddressOf(survivor))).Reason, Is.EqualTo(CloseReason.None));
            await world.Delay(5);
            Assert.That(a.Peers, Has.Count.EqualTo(1));
            Assert.That(again.Peers, Has.Count.EqualTo(1));
            Assert.That(await a.PingAsync(again.Id), Is.LessThan(TimeSpan.FromSeconds(1)));
        });
    }

    [Test]
    public void ANewProtocolIsToldToPeers()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host a = await world.StartAsync(0);
            Host b = await world.StartAsync(1);
            await a.DialAsync(HostWorld.AddressOf(1));
            await world.Delay(1);
            List<PeerConnection> updates = [];
            a.PeerUpdated += updates.Add;
            b.Handle("/late/1", static (_, _) => Task.CompletedTask);
            await world.Delay(1);
            Assert.That(updates.Single().Protocols, Does.Contain("/late/1"));
            Assert.That(a.Peers.Single().Protocols, Does.Contain("/late/1"));
            Assert.That(() => b.Handle("/late/1", static (_, _) => Task.CompletedTask), Throws.InvalidOperationException);
        });
    }

    [Test]
    public void AFailingHandlerHurtsNothingElse()
    {
        HostWorld world = new();
        RecordingObserver observer = new();
        world.Run(async () =>
        {
            Host a = await world.StartAsync(0);
            Host b = await world.StartAsync(1, observer: observer);
            b.Handle("/fails", static (_, _) => throw new InvalidOperationException("host"));
            b.Handle("/leaves", static (_, _) => Task.CompletedTask);
            await a.DialAsync(HostWorld.AddressOf(1));
            foreach (string protocol in new[] { "/fails", "/leaves" })
            {
                Assert.That(await ErrorOfReadAsync(a, b, protocol), Is.EqualTo(NetworkError.Reset), protocol);
            }

            Assert.That(await ErrorOfReadAsync(a, b, "/none"), Is.EqualTo(NetworkError.ProtocolNotSupported));
            Assert.That(await a.PingAsync(b.Id), Is.GreaterThan(TimeSpan.Zero));
        });
        Assert.That(observer.Events.Items.Count(static e => e.Kind == NetworkEventKind.HandlerFailed), Is.EqualTo(1));
    }

    [Test]
    public void AProtocolHasNoMoreStreamsOfAPeerThanItsLimit()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host a = await world.StartAsync(0);
            Host b = await world.StartAsync(1);
            TaskCompletionSource open = new();
            int atOnce = 0;
            b.Handle("/few", async (stream, _) =>
            {
                atOnce++;
                await open.Task;
                await stream.CloseAsync();
            }, new StreamHandlerOptions { MaxInboundPerPeer = 3 });
            await a.DialAsync(HostWorld.AddressOf(1));
            Task<NetworkError?>[] reads = [.. Enumerable.Range(0, 5).Select(_ => ErrorOfReadAsync(a, b, "/few"))];
            await world.Delay(1);
            Assert.That(atOnce, Is.EqualTo(3));
            open.SetResult();
            NetworkError?[] errors = await Task.WhenAll(reads);
            Assert.That(errors.Count(static error => error is null), Is.EqualTo(3));
            Assert.That(errors.Count(static error => error == NetworkError.Reset), Is.EqualTo(2));
        });
    }

    /// <summary>Opens a stream and reads from it; null if that came to a good end.</summary>
    private static async Task<NetworkError?> ErrorOfReadAsync(Host from, Host to, string protocol)
    {
        try
        {
            await using PeerStream stream = await from.OpenStreamAsync(to.Id, [protocol], StreamPriority.Normal, default);
            await stream.ReadAsync(new byte[1], default);
            return null;
        }
        catch (NetworkException failure)
        {
            return failure.Error;
        }
    }
}
