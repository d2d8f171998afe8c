using PoUW.Network.Hosting;
using PoUW.Network.Identify;
using PoUW.Network.Streams;

namespace PoUW.Network.Tests.Hosting;

/// <summary>Peers that tell about themselves, and ping, as it suits them.</summary>
internal sealed class IdentifyTests
{
    private const int Evil = 9;
    private const string Push = "/ipfs/id/push/1.0.0";

    [Test]
    public void ManySmallPartsAreNotCopiedAgainAndAgain()
    {
        byte[] part = DelimitedMessages.Encode([0]);
        byte[] message = [.. Enumerable.Repeat(part, 16 * 1024).SelectMany(static bytes => bytes)];
        HostWorld world = new();
        long allocated = 0;
        world.Run(async () =>
        {
            Host host = await world.StartAsync(0);
            long before = GC.GetAllocatedBytesForCurrentThread();
            WorldPeer peer = await WorldPeer.DialAsync(world, world.Model.AddHost("evil"), Evil, 0, message);
            await world.Delay(10);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.That(host.Peers, Is.Empty);
            await peer.Muxer.CloseAsync(0);
        });
        Assert.That(allocated, Is.LessThan(16 * 1024 * 1024));
    }

    [Test]
    public void APushThatNeverComesLosesItsStream()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            HostOptions options = new();
            await world.StartAsync(0, options);
            WorldPeer peer = await WorldPeer.DialAsync(world, world.Model.AddHost("evil"), Evil, 0);
            await world.Delay(1);
            TimeSpan before = world.World.Time.Now;
            await ExpectResetAsync(() => peer.OpenAsync(Push));
            Assert.That(world.World.Time.Now - before, Is.EqualTo(options.Identify.Timeout).Within(TimeSpan.FromSeconds(1)));
            await peer.Muxer.CloseAsync(0);
        });
    }

    [Test]
    public void PushesBeyondTheBurstAreNotEvenRead()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host host = await world.StartAsync(0, new HostOptions { Identify = new IdentifyOptions { PushBurst = 2, PushInterval = TimeSpan.FromHours(1) } });
            WorldPeer peer = await WorldPeer.DialAsync(world, world.Model.AddHost("evil"), Evil, 0);
            await world.Delay(1);
            for (int i = 0; i < 2; i++)
            {
                BufferedDuplexStream good = (await peer.OpenAsync(Push))!;
                await good.WriteAsync(DelimitedMessages.Encode(new IdentifyMessage { Agent = $"agent {i}" }.Encode()), CancellationToken.None);
                await good.CloseWritingAsync();
                await world.Delay(1);
                Assert.That(host.Peers.Single().Agent, Is.EqualTo($"agent {i}"));
            }

            TimeSpan before = world.World.Time.Now;
            await ExpectResetAsync(() => peer.OpenAsync(Push));
            Assert.That(world.World.Time.Now - before, Is.LessThan(TimeSpan.FromSeconds(1)));
            await peer.Muxer.CloseAsync(0);
        });
    }

    [Test]
    public void APeerThatHasLeftIsNotUpdated()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host host = await world.StartAsync(0);
            List<string> told = [];
            host.PeerDisconnected += _ => told.Add("gone");
            host.PeerUpdated += _ => told.Add("updated");
            WorldPeer peer = await WorldPeer.DialAsync(world, world.Model.AddHost("evil"), Evil, 0);
            await world.Delay(1);
            BufferedDuplexStream stream = (await peer.OpenAsync(Push))!;
            await stream.WriteAsync(DelimitedMessages.Encode(new IdentifyMessage { Agent = "late" }.Encode()), CancellationToken.None);
            await stream.CloseWritingAsync();
            await peer.Muxer.CloseAsync(0);
            await world.Delay(5);
            Assert.That(told, Has.Some.EqualTo("gone"));
            Assert.That(told.SkipWhile(static what => what != "gone"), Has.None.EqualTo("updated"));
        });
    }

    [Test]
    public void PingsBeyondTheBudgetEndTheirStream()
    {
        const int Pings = 3_000;
        HostWorld world = new();
        world.Run(async () =>
        {
            Host host = await world.StartAsync(0);
            WorldPeer peer = await WorldPeer.DialAsync(world, world.Model.AddHost("evil"), Evil, 0);
            await world.Delay(1);
            BufferedDuplexStream stream = (await peer.OpenAsync("/ipfs/ping/1.0.0"))!;
            Task writing = WriteAsync(stream, new byte[32 * Pings]);
            int echoed = 0;
            try
            {
                while (echoed < 32 * Pings)
                {
                    echoed += await stream.ReadAsync(new byte[4096], CancellationToken.None);
                }
            }
            catch (NetworkException failure)
            {
                Assert.That(failure.Error, Is.EqualTo(NetworkError.Reset));
            }

            await writing;
            Assert.That(echoed / 32, Is.LessThan(Pings));
            Assert.That(host.Peers, Has.Count.EqualTo(1), "it may go on with what it has to say");
            await peer.Muxer.CloseAsync(0);
        });
    }

    private static async Task WriteAsync(BufferedDuplexStream stream, byte[] bytes)
    {
        try
        {
            await stream.WriteAsync(bytes, CancellationToken.None);
        }
        catch (NetworkException failure)
        {
            Assert.That(failure.Error, Is.EqualTo(NetworkError.Reset));
        }
    }

    private static async Task ExpectResetAsync(Func<Task<BufferedDuplexStream?>> open)
    {
        try
        {
            BufferedDuplexStream stream = (await open())!;
            Assert.That(await stream.ReadAsync(new byte[1], CancellationToken.None), Is.Zero);
            Assert.Fail("The stream was closed, not reset.");
        }
        catch (NetworkException failure)
        {
            Assert.That(failure.Error, Is.EqualTo(NetworkError.Reset));
        }
    }
}
