using PoUW.Network.Guards;
using PoUW.Network.Muxing;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Muxing;

/// <summary>What streams and bytes cost. Everything runs on one thread.</summary>
internal sealed class YamuxMemoryTests
{
    [Test]
    public void IdleStreamIsSmall()
    {
        const int Streams = 200;
        long each = 0;
        SimulationWorld world = new();
        world.Run(async () =>
        {
            await using YamuxPair pair = new(time: new ManualTimeProvider(), spawner: world);
            await OpenAsync(pair, 50);
            long before = GC.GetTotalMemory(forceFullCollection: true);
            await OpenAsync(pair, Streams);
            await pair.Dialer.PingAsync(CancellationToken.None);
            each = (GC.GetTotalMemory(forceFullCollection: true) - before) / (2 * Streams);
            Assert.That(pair.Pool.Outstanding, Is.LessThanOrEqualTo(2 * 16 * 1024), "the buffers of the two readers, nothing for streams");
        });
        TestContext.Out.WriteLine($"{each} bytes a stream and side");
        Assert.That(each, Is.LessThan(2048), "with its place in the tables");
    }

    [Test]
    public void BytesTravelInPooledBuffers()
    {
        const int Mebibytes = 64;
        long each = 0;
        SimulationWorld world = new();
        world.Run(async () =>
        {
            await using YamuxPair pair = new(time: new ManualTimeProvider(), spawner: world);
            (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync();
            await TransferAsync(opened, accepted, 4);
            long before = GC.GetAllocatedBytesForCurrentThread();
            await TransferAsync(opened, accepted, Mebibytes);
            each = (GC.GetAllocatedBytesForCurrentThread() - before) / Mebibytes;
        });
        TestContext.Out.WriteLine($"{each} bytes a MiB, both sides and the pipe of the test");
        Assert.That(each, Is.LessThan(64 * 1024));
    }

    [Test]
    public void NothingIsKeptOfStreamsThatEnded()
    {
        long kept = 0;
        SimulationWorld world = new();
        world.Run(async () =>
        {
            await using YamuxPair pair = new(new YamuxOptions { Pings = TokenRate.PerSecond(1, 1 << 20) }, new ManualTimeProvider(), world);
            await OpenAndEndAsync(pair, 500);
            long before = GC.GetTotalMemory(forceFullCollection: true);
            await OpenAndEndAsync(pair, 5_000);
            kept = GC.GetTotalMemory(forceFullCollection: true) - before;
            Assert.That((pair.Dialer.StreamCount, pair.Listener.StreamCount), Is.EqualTo((0, 0)));
            Assert.That(pair.Pool.Outstanding, Is.LessThanOrEqualTo(2 * 16 * 1024));
        });
        TestContext.Out.WriteLine($"{kept} bytes kept");
        Assert.That(kept, Is.LessThan(1_000_000), "less than 200 bytes each, with what the rest of the process does");
    }

    private static async Task OpenAsync(YamuxPair pair, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await pair.OpenAsync();
        }
    }

    private static async Task TransferAsync(IMuxedStream from, IMuxedStream to, int mebibytes)
    {
        byte[] sent = new byte[256 * 1024];
        byte[] received = new byte[256 * 1024];
        for (int i = 0; i < 4 * mebibytes; i++)
        {
            ValueTask writing = from.WriteAsync(sent, CancellationToken.None);
            int left = received.Length;
            while (left > 0)
            {
                left -= await to.ReadAsync(received.AsMemory(0, left), CancellationToken.None);
            }

            await writing;
        }
    }

    private static async Task OpenAndEndAsync(YamuxPair pair, int count)
    {
        for (int i = 0; i < count; i++)
        {
            (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync();
            await opened.WriteAsync(new byte[100]);
            switch (i % 3)
            {
                case 0:
                    opened.Reset();
                    await accepted.CloseAsync();
                    break;
                case 1:
                    await accepted.CloseAsync();
                    await opened.CloseAsync();
                    break;
                default:
                    await opened.CloseWritingAsync();
                    await accepted.ReadAsync(101);
                    await accepted.CloseAsync();
                    await opened.CloseAsync();
                    break;
            }

            await pair.Dialer.PingAsync(CancellationToken.None);
            await pair.Listener.PingAsync(CancellationToken.None);
        }
    }
}
