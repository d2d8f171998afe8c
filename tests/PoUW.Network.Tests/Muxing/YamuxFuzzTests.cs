using PoUW.Network.Muxing;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Muxing;

/// <summary>Sequences of frames that are almost right: nothing crashes, nothing hangs, nothing is kept beyond the limits.</summary>
internal sealed class YamuxFuzzTests
{
    private const int UnreadLimit = 512 * 1024;

    [Test]
    public void FramesAlmostRight([Range(1, 8)] int seed)
    {
        int violations = 0;
        for (int run = 0; run < 40; run++)
        {
            SimulationWorld world = new();
            world.Run(async () => violations += await RunAsync(world, new Dice((ulong)((seed * 1000) + run))));
            Assert.That(world.Escapes, Is.Zero);
        }

        Assert.That(violations, Is.InRange(5, 40), "some are found out");
    }

    private static async Task<int> RunAsync(SimulationWorld world, Dice dice)
    {
        YamuxOptions options = new() { MaxConnectionWindowBytes = UnreadLimit, MaxInboundStreams = 6, MaxUnacknowledgedStreams = 4, MaxRefusedStreams = 30 };
        RawYamux raw = new(options, new ManualTimeProvider(), world, capacityBytes: 64 * 1024);
        Task serving = ServeAsync(raw.Muxer, new Dice((ulong)dice.Next(int.MaxValue)));
        Task hearing = HearAsync(raw);
        List<uint> open = [];
        for (int i = 0; i < 120; i++)
        {
            try
            {
                await raw.Peer.WriteAsync(Frame(dice, open), CancellationToken.None);
            }
            catch (NetworkException)
            {
                break;
            }

            Assert.That(raw.Pool.Outstanding, Is.LessThan((2 * UnreadLimit) + (256 * 1024)));
        }

        await raw.Peer.CloseWritingAsync();
        MuxerEnd end = await raw.Muxer.Completion;
        await raw.Peer.CloseAsync();
        await serving;
        await hearing;
        Assert.That((raw.Pool.Outstanding, raw.Muxer.StreamCount), Is.EqualTo((0L, 0)));
        Assert.That(end.Code, Is.Not.EqualTo(2u), end.Detail);
        return end is { Code: 1, ByPeer: false } ? 1 : 0;
    }

    /// <summary>A frame that makes sense, most of the time.</summary>
    private static byte[] Frame(Dice dice, List<uint> open)
    {
        uint stream = open.Count > 0 && dice.Next(3) > 0 ? open[dice.Next(open.Count)] : (uint)((2 * open.Count) + 1);
        bool isNew = !open.Contains(stream);
        YamuxFlags flags = isNew ? YamuxFlags.Syn : dice.Next(12) == 0 ? (YamuxFlags)dice.Next(16) & ~YamuxFlags.Syn : YamuxFlags.None;
        if (isNew)
        {
            open.Add(stream);
        }

        byte[] payload = dice.Bytes(dice.Next(4) == 0 ? dice.Next(40_000) : dice.Next(40));
        byte[] frame = dice.Next(10) switch
        {
            0 => RawYamux.Frame(YamuxFrameType.Ping, YamuxFlags.Syn, 0, (uint)dice.Next(1000)),
            < 4 => RawYamux.Frame(YamuxFrameType.WindowUpdate, flags, stream, (uint)dice.Next(300_000)),
            _ => RawYamux.Frame(YamuxFrameType.Data, flags, stream, (uint)payload.Length, payload),
        };
        if (dice.Next(100) == 0)
        {
            frame[dice.Next(frame.Length)] ^= (byte)(1 << dice.Next(8));
        }

        return frame;
    }

    /// <summary>Answers with what comes, closes or resets at times.</summary>
    private static async Task ServeAsync(IMuxer muxer, Dice dice)
    {
        List<Task> tasks = [];
        while (await muxer.AcceptStreamAsync(CancellationToken.None) is { } stream)
        {
            tasks.Add(AnswerAsync(stream, new Dice((ulong)dice.Next(int.MaxValue))));
        }

        await Task.WhenAll(tasks);
    }

    private static async Task AnswerAsync(IMuxedStream stream, Dice dice)
    {
        try
        {
            byte[] buffer = new byte[30_000];
            int count;
            while ((count = await stream.ReadAsync(buffer, CancellationToken.None)) > 0)
            {
                if (dice.Next(20) == 0)
                {
                    stream.Reset();
                }

                await stream.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
            }
        }
        catch (NetworkException)
        {
            // The peer's doing, which is the point.
        }

        await stream.CloseAsync();
    }

    private static async Task HearAsync(RawYamux raw)
    {
        byte[] buffer = new byte[10_000];
        try
        {
            while (await raw.Peer.ReadAsync(buffer, CancellationToken.None) > 0)
            {
                await Task.Yield();
            }
        }
        catch (NetworkException)
        {
            // Closed by the test.
        }
    }
}
