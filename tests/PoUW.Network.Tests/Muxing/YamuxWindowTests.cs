using PoUW.Network.Muxing;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Muxing;

/// <summary>How receive windows grow, and how far.</summary>
internal sealed class YamuxWindowTests
{
    [Test]
    public async Task WindowGrowsWhileTheReaderKeepsPace()
    {
        const int Limit = 4 * 1024 * 1024;
        ManualTimeProvider time = new();
        await using RawYamux raw = new(new YamuxOptions { MaxWindowBytes = Limit }, time);
        List<long> windows = await GrantsAsync(raw, time, 1, rounds: 12);
        Assert.That(windows, Is.All.InRange(128, 4096), "KiB that may be under way");
        Assert.That(windows[0], Is.EqualTo(256));
        Assert.That(windows[^1], Is.GreaterThan(2048), "at least half of the limit is open at any time");
    }

    [Test]
    public async Task WindowStaysWhenTheReaderIsSlow()
    {
        ManualTimeProvider time = new();
        await using RawYamux raw = new(new YamuxOptions(), time);
        List<long> windows = await GrantsAsync(raw, time, 1, rounds: 4, pause: TimeSpan.FromMilliseconds(202));
        Assert.That(windows, Is.All.InRange(128, 256));
    }

    [Test]
    public async Task SumOfTheWindowsIsBounded()
    {
        const int Limit = 2 * 1024 * 1024;
        ManualTimeProvider time = new();
        await using RawYamux raw = new(new YamuxOptions { MaxConnectionWindowBytes = Limit }, time);
        List<long> first = await GrantsAsync(raw, time, 1, rounds: 10);
        List<long> second = await GrantsAsync(raw, time, 3, rounds: 10);
        Assert.That(first[^1], Is.InRange(1024, 2048));
        Assert.That(second, Is.All.InRange(128, 256), "nothing is left to grow");

        await raw.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, 1, 0);
        await raw.SettleAsync();
        List<long> third = await GrantsAsync(raw, time, 5, rounds: 10);
        Assert.That(third[^1], Is.InRange(512, 1024), "the first one's share is free again");
    }

    [Test]
    public void LongPathIsFilled()
    {
        const int Bytes = 64 * 1024 * 1024;
        TimeSpan elapsed = TimeToSend(new YamuxOptions(), Bytes);
        TimeSpan withoutGrowth = TimeToSend(new YamuxOptions { MaxWindowBytes = YamuxOptions.InitialWindowBytes }, Bytes / 16);
        Assert.That(elapsed, Is.LessThan(TimeSpan.FromSeconds(3)), "64 MiB over 100 ms of round trip");
        Assert.That(withoutGrowth, Is.GreaterThan(TimeSpan.FromSeconds(1.2)), "4 MiB in windows of 256 KiB, one each round trip at best");
    }

    private static TimeSpan TimeToSend(YamuxOptions options, int bytes)
    {
        SimulationWorld world = new();
        ManualTimeProvider time = new();
        TimeSpan elapsed = default;
        world.Run(async () =>
        {
            YamuxPair pair = new(options, time, world, 20_000_000, TimeSpan.FromMilliseconds(50));
            Task<TimeSpan> transfer = TransferAsync(pair, time, bytes);
            while (!transfer.IsCompleted)
            {
                for (int i = 0; i < 200 && !transfer.IsCompleted; i++)
                {
                    await Task.Yield();
                }

                time.Advance(TimeSpan.FromMilliseconds(5));
            }

            elapsed = await transfer;
            pair.DialerBelow.Break();
            await pair.Dialer.Completion;
            await pair.Listener.Completion;
        });
        return elapsed;
    }

    private static async Task<TimeSpan> TransferAsync(YamuxPair pair, TimeProvider time, int bytes)
    {
        (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync();
        long start = time.GetTimestamp();
        Task writing = opened.WriteAsync(new byte[bytes], CancellationToken.None).AsTask();
        byte[] buffer = new byte[1024 * 1024];
        while (bytes > 0)
        {
            bytes -= await accepted.ReadAsync(buffer, CancellationToken.None);
        }

        await writing;
        return time.GetElapsedTime(start);
    }

    /// <summary>Fills the window again and again and tells how large it was, in KiB. A round trip takes 100 ms.</summary>
    private static async Task<List<long>> GrantsAsync(RawYamux raw, ManualTimeProvider time, uint id, int rounds, TimeSpan pause = default)
    {
        await raw.OpenAsync(id);
        IMuxedStream stream = (await raw.Muxer.AcceptStreamAsync(CancellationToken.None).InTime())!;
        await MeasureAsync(raw, time);
        List<long> windows = [];
        long credit = YamuxOptions.InitialWindowBytes;
        for (int i = 0; i < rounds; i++)
        {
            windows.Add(credit / 1024);
            for (int left = (int)credit; left > 0; left -= Math.Min(left, 64 * 1024))
            {
                time.Advance(pause);
                await raw.DataAsync(id, new byte[Math.Min(left, 64 * 1024)]);
                await stream.ReadAsync(Math.Min(left, 64 * 1024)).InTime();
            }

            credit = await CollectAsync(raw, id);
        }

        return windows;
    }

    private static async Task MeasureAsync(RawYamux raw, ManualTimeProvider time)
    {
        Task<TimeSpan> measuring = raw.Muxer.PingAsync(CancellationToken.None).AsTask();
        YamuxFrameHeader ping = await raw.ReceiveAsync(static header => header is { Type: YamuxFrameType.Ping, Flags: YamuxFlags.Syn });
        time.Advance(TimeSpan.FromMilliseconds(100));
        await raw.SendAsync(YamuxFrameType.Ping, YamuxFlags.Ack, 0, ping.Length);
        Assert.That(await measuring.InTime(), Is.EqualTo(TimeSpan.FromMilliseconds(100)));
    }

    private static async Task<long> CollectAsync(RawYamux raw, uint id)
    {
        // Answers to pings go before windows, so the first answer may overtake some; the second does not.
        int answers = 0;
        long credit = 0;
        await raw.SendAsync(YamuxFrameType.Ping, YamuxFlags.Syn, 0, 7);
        while (answers < 2)
        {
            YamuxFrameHeader frame = (await raw.ReceiveAsync())!.Value.Header;
            switch (frame)
            {
                case { Type: YamuxFrameType.WindowUpdate } when frame.StreamId == id:
                    credit += frame.Length;
                    break;
                case { Type: YamuxFrameType.Ping }:
                    answers++;
                    if (answers == 1)
                    {
                        await raw.SendAsync(YamuxFrameType.Ping, YamuxFlags.Syn, 0, 8);
                    }

                    break;
            }
        }

        return credit;
    }
}
