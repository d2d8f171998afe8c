using PoUW.Core.Runtime;
using PoUW.Network.Muxing;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Muxing;

/// <summary>Many streams that are written, read, half-closed, closed and reset in any order deliver exactly what was written.</summary>
internal sealed class YamuxInterleavingTests
{
    private const int Streams = 12;

    [Test]
    public void OneThread([Range(1, 12)] int seed)
    {
        (ulong First, ulong Second, int Writes) trace = RunOnOneThread((ulong)seed);
        Assert.That(RunOnOneThread((ulong)seed), Is.EqualTo(trace), "the same bytes in the same order every time");
    }

    [Test]
    public async Task ManyThreads([Range(1, 12)] int seed)
    {
        YamuxPair pair = new(OptionsOf((ulong)seed), null, new ThreadPoolSpawner(), CapacityOf((ulong)seed));
        await RunAsync(pair, (ulong)seed).InTime();
        Assert.That(pair.Pool.Outstanding, Is.Zero);
    }

    private static (ulong First, ulong Second, int Writes) RunOnOneThread(ulong seed)
    {
        SimulationWorld world = new();
        (ulong, ulong, int) trace = default;
        world.Run(async () =>
        {
            YamuxPair pair = new(OptionsOf(seed), new ManualTimeProvider(), world, CapacityOf(seed));
            await RunAsync(pair, seed);
            Assert.That(pair.Pool.Outstanding, Is.Zero);
            trace = (pair.DialerBelow.Trace, pair.ListenerBelow.Trace, pair.DialerBelow.Writes);
        });
        Assert.That(world.Escapes, Is.Zero);
        return trace;
    }

    private static YamuxOptions OptionsOf(ulong seed)
        => new() { MaxFrameBytes = seed % 3 == 0 ? 1000 : 65_000, StreamSendBufferBytes = seed % 2 == 0 ? 16_384 : 100 };

    private static int CapacityOf(ulong seed) => seed % 4 == 0 ? 777 : 200_000;

    private static async Task RunAsync(YamuxPair pair, ulong seed)
    {
        Dice dice = new(seed);
        List<Task> tasks = [];
        for (int i = 0; i < Streams; i++)
        {
            bool byDialer = dice.Next(2) == 0;
            (IMuxer opener, IMuxer acceptor) = byDialer ? (pair.Dialer, pair.Listener) : (pair.Listener, pair.Dialer);
            IMuxedStream opened = await opener.OpenStreamAsync(CancellationToken.None);
            opened.Priority = (StreamPriority)dice.Next(3);
            bool speaksFirst = dice.Next(2) == 0;
            if (speaksFirst)
            {
                await opened.WriteAsync(new byte[1]);
            }

            IMuxedStream accepted = (await acceptor.AcceptStreamAsync(CancellationToken.None))!;
            if (speaksFirst)
            {
                Assert.That(await accepted.ReadAsync(1), Has.Length.EqualTo(1));
            }

            bool isReset = dice.Next(4) == 0;
            ulong name = (seed * 1000) + (ulong)i;
            tasks.Add(TalkAsync(opened, accepted, name, isReset));
            tasks.Add(TalkAsync(accepted, opened, name + 500, isReset));
        }

        await Task.WhenAll(tasks);
        await pair.DisposeAsync();
    }

    /// <summary>One direction of one stream. A stream that is reset delivers a beginning of what was written.</summary>
    private static async Task TalkAsync(IMuxedStream from, IMuxedStream to, ulong seed, bool isReset)
    {
        Dice dice = new(seed);
        byte[] sent = dice.Bytes(dice.Next(3) == 0 ? dice.Next(3) : dice.Next(400_000));
        Task writing = WriteAsync(from, sent, new Dice(seed + 1), isReset);
        byte[] received = await ReadAllAsync(to, new Dice(seed + 2), isReset);
        await writing;
        Assert.That(received.AsSpan().SequenceEqual(sent.AsSpan(0, received.Length)), Is.True);
        Assert.That(received, isReset ? Has.Length.LessThanOrEqualTo(sent.Length) : Has.Length.EqualTo(sent.Length));
    }

    private static async Task WriteAsync(IMuxedStream stream, byte[] bytes, Dice dice, bool isReset)
    {
        int resetAt = isReset ? dice.Next(bytes.Length + 1) : int.MaxValue;
        try
        {
            for (int at = 0; at < bytes.Length;)
            {
                if (at >= resetAt)
                {
                    stream.Reset();
                }

                int count = Math.Min(bytes.Length - at, 1 + (dice.Next(2) == 0 ? dice.Next(90_000) : dice.Next(50)));
                await stream.WriteAsync(bytes.AsMemory(at, count), CancellationToken.None);
                at += count;
            }

            await stream.CloseWritingAsync();
        }
        catch (NetworkException) when (isReset)
        {
            await stream.CloseAsync();
        }
    }

    private static async Task<byte[]> ReadAllAsync(IMuxedStream stream, Dice dice, bool isReset)
    {
        MemoryStream all = new();
        byte[] buffer = new byte[80_000];
        try
        {
            int count;
            do
            {
                count = await ((IDuplexStream)stream).ReadAsync(buffer.AsMemory(0, 1 + dice.Next(buffer.Length)), CancellationToken.None);
                all.Write(buffer, 0, count);
                if (dice.Next(5) == 0)
                {
                    await Task.Yield();
                }
            }
            while (count > 0);
        }
        catch (NetworkException) when (isReset)
        {
            stream.Reset();
        }

        return all.ToArray();
    }
}
