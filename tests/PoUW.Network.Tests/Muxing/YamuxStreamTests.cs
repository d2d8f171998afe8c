using PoUW.Network.Muxing;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Muxing;

/// <summary>What a user of streams sees, over a pair of yamux ends.</summary>
internal sealed class YamuxStreamTests
{
    [Test]
    public async Task BytesArriveInOrderBothWays()
    {
        await using YamuxPair pair = new();
        (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync().InTime();
        byte[] sent = new byte[3_000_000];
        new Random(1).NextBytes(sent);

        Task writing = opened.WriteAsync(sent).AsTask();
        byte[] received = await accepted.ReadAsync(sent.Length).InTime();
        await writing.InTime();
        await accepted.WriteAsync([7]);

        Assert.That(received.AsSpan().SequenceEqual(sent), Is.True);
        Assert.That(await opened.ReadAsync(1).InTime(), Is.EqualTo(new byte[] { 7 }));
    }

    [Test]
    public async Task HalfCloseLetsTheOtherWayGoOn()
    {
        await using YamuxPair pair = new();
        (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync().InTime();
        await opened.WriteAsync([1, 2]);
        await opened.CloseWritingAsync();

        Assert.That(await accepted.ReadAsync(10).InTime(), Is.EqualTo(new byte[] { 1, 2 }));
        await accepted.WriteAsync([3]);
        await accepted.CloseAsync();
        Assert.That(await opened.ReadAsync(10).InTime(), Is.EqualTo(new byte[] { 3 }));
        NetworkException? failure = Assert.ThrowsAsync<NetworkException>(async () => await opened.WriteAsync([4]));
        Assert.That(failure!.Error, Is.EqualTo(NetworkError.Closed));
    }

    [Test]
    public async Task ResetFailsTheOtherSide()
    {
        await using YamuxPair pair = new();
        (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync().InTime();
        Task<int> reading = accepted.ReadAsync(new byte[1], CancellationToken.None).AsTask();

        opened.Reset();

        NetworkException? failure = Assert.ThrowsAsync<NetworkException>(async () => await reading.InTime());
        Assert.That(failure!.Error, Is.EqualTo(NetworkError.Reset));
    }

    [Test]
    public async Task PingMeasures()
    {
        await using YamuxPair pair = new();
        Assert.That(await pair.Dialer.PingAsync(CancellationToken.None).InTime(), Is.GreaterThanOrEqualTo(TimeSpan.Zero));
        Assert.That(await pair.Listener.PingAsync(CancellationToken.None).InTime(), Is.GreaterThanOrEqualTo(TimeSpan.Zero));
    }

    [Test]
    public async Task CodeOfTheEndPassesThrough()
    {
        await using YamuxPair pair = new();
        (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync().InTime();
        await opened.WriteAsync([9]);
        await pair.Dialer.CloseAsync(0).InTime();

        MuxerEnd end = await pair.Listener.Completion.InTime();
        Assert.That((end.Code, end.ByPeer), Is.EqualTo(((uint?)0, true)));
        Assert.That(await accepted.ReadAsync(1).InTime(), Is.EqualTo(new byte[] { 9 }), "what was written before the end");
        Assert.ThrowsAsync<NetworkException>(async () => await accepted.ReadAsync(1));
        Assert.That(await pair.Listener.AcceptStreamAsync(CancellationToken.None).InTime(), Is.Null);
    }

    [Test]
    public async Task EverythingIsReturnedWhenStreamsClose()
    {
        YamuxPair pair = new();
        for (int i = 0; i < 20; i++)
        {
            (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync().InTime();
            await opened.WriteAsync(new byte[100_000]);
            await opened.CloseWritingAsync();
            Assert.That(await accepted.ReadAsync(200_000).InTime(), Has.Length.EqualTo(100_000));
            await accepted.CloseAsync();
            Assert.That(await opened.ReadAsync(1).InTime(), Is.Empty);
            await opened.CloseAsync();
        }

        await pair.DisposeAsync();
        Assert.That((pair.Dialer.StreamCount, pair.Listener.StreamCount, pair.Pool.Outstanding), Is.EqualTo((0, 0, 0L)));
    }

    [Test]
    public async Task EndsInAnyOrderAreSeenOnBothSides(
        [Values] bool openerFirst, [Values("fin", "close", "reset")] string first, [Values("fin", "close", "reset")] string second)
    {
        YamuxPair pair = new();
        (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync().InTime();
        (IMuxedStream a, IMuxedStream b) = openerFirst ? (opened, accepted) : (accepted, opened);
        await EndAsync(a, first);
        await pair.Dialer.PingAsync(CancellationToken.None).InTime();
        await pair.Listener.PingAsync(CancellationToken.None).InTime();
        Func<Task<int>> read = () => b.ReadAsync(new byte[1], CancellationToken.None).AsTask();
        if (first == "reset")
        {
            Assert.That(Assert.ThrowsAsync<NetworkException>(() => read())!.Error, Is.EqualTo(NetworkError.Reset));
            Assert.That(Assert.ThrowsAsync<NetworkException>(async () => await b.WriteAsync([1]))!.Error, Is.EqualTo(NetworkError.Reset));
        }
        else
        {
            Assert.That(await read().InTime(), Is.Zero);
            Assert.That(await read().InTime(), Is.Zero, "the end stays");
        }

        await EndAsync(b, second);
        await EndAsync(a, "close");
        await EndAsync(b, "close");
        Assert.ThrowsAsync<NetworkException>(async () => await a.ReadAsync(1));
        Assert.ThrowsAsync<NetworkException>(async () => await a.WriteAsync([1]));
        await pair.Dialer.PingAsync(CancellationToken.None).InTime();
        await pair.Listener.PingAsync(CancellationToken.None).InTime();
        await pair.Dialer.PingAsync(CancellationToken.None).InTime();
        Assert.That((pair.Dialer.StreamCount, pair.Listener.StreamCount), Is.EqualTo((0, 0)));
        Assert.That((pair.Dialer.Completion.IsCompleted, pair.Listener.Completion.IsCompleted), Is.EqualTo((false, false)));
        await pair.DisposeAsync();
        Assert.That(pair.Pool.Outstanding, Is.Zero);
    }

    [Test]
    public async Task ClosingFailsWhatIsUnderWay()
    {
        await using YamuxPair pair = new();
        (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync().InTime();
        Task reading = opened.ReadAsync(new byte[1], CancellationToken.None).AsTask();
        Task writing = opened.WriteAsync(new byte[1_000_000], CancellationToken.None).AsTask();
        await opened.CloseAsync();
        Assert.That(Assert.ThrowsAsync<NetworkException>(() => reading.InTime())!.Error, Is.EqualTo(NetworkError.Closed));
        Assert.That(Assert.ThrowsAsync<NetworkException>(() => writing.InTime())!.Error, Is.EqualTo(NetworkError.Closed));
        await accepted.ReadUntilAsync(NetworkError.Reset);
    }

    [Test]
    public async Task ClosingWithBytesUnreadTellsTheWriter()
    {
        await using YamuxPair pair = new();
        (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync().InTime();
        await opened.WriteAsync([1, 2, 3]);
        Assert.That(await accepted.ReadAsync(1).InTime(), Is.EqualTo(new byte[] { 1 }));
        await accepted.CloseAsync();
        await opened.ReadUntilAsync(NetworkError.Reset);
    }

    [Test]
    public async Task OneReadAndOneWriteAtATime()
    {
        await using YamuxPair pair = new();
        (IMuxedStream opened, _) = await pair.OpenAsync().InTime();
        Task reading = opened.ReadAsync(new byte[1], CancellationToken.None).AsTask();
        Assert.ThrowsAsync<InvalidOperationException>(async () => await opened.ReadAsync(new byte[1], CancellationToken.None));
        Task writing = opened.WriteAsync(new byte[1_000_000], CancellationToken.None).AsTask();
        Assert.ThrowsAsync<InvalidOperationException>(async () => await opened.WriteAsync(new byte[1]));
        Assert.ThrowsAsync<ArgumentException>(async () => await opened.ReadAsync(Memory<byte>.Empty, CancellationToken.None));
        opened.Reset();
        Assert.ThrowsAsync<NetworkException>(() => reading.InTime());
        Assert.ThrowsAsync<NetworkException>(() => writing.InTime());
    }

    [Test]
    public async Task WaitsCanBeGivenUp()
    {
        await using YamuxPair pair = new();
        (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync().InTime();
        using CancellationTokenSource patience = new();
        Task reading = opened.ReadAsync(new byte[1], patience.Token).AsTask();
        Task writing = opened.WriteAsync(new byte[1_000_000], patience.Token).AsTask();
        Task accepting = pair.Listener.AcceptStreamAsync(patience.Token).AsTask();
        await patience.CancelAsync();
        Assert.CatchAsync<OperationCanceledException>(() => reading.InTime());
        Assert.CatchAsync<OperationCanceledException>(() => writing.InTime());
        Assert.CatchAsync<OperationCanceledException>(() => accepting.InTime());

        await accepted.WriteAsync([5]);
        Assert.That(await opened.ReadAsync(1).InTime(), Is.EqualTo(new byte[] { 5 }), "reading goes on after a wait that was given up");
        await pair.OpenAsync().InTime();
    }

    [Test]
    public async Task CutConnectionEndsEverythingThatWaits([Values] bool dialerSide)
    {
        YamuxPair pair = new();
        (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync().InTime();
        IMuxer muxer = dialerSide ? pair.Dialer : pair.Listener;
        IMuxedStream stream = dialerSide ? opened : accepted;
        Task[] waiting =
        [
            stream.ReadAsync(new byte[1], CancellationToken.None).AsTask(),
            stream.WriteAsync(new byte[1_000_000], CancellationToken.None).AsTask(),
        ];
        Task<IMuxedStream?> accepting = muxer.AcceptStreamAsync(CancellationToken.None).AsTask();
        pair.DialerBelow.Break();

        foreach (Task task in waiting)
        {
            Assert.That(Assert.ThrowsAsync<NetworkException>(() => task.InTime())!.Error, Is.EqualTo(NetworkError.Closed));
        }

        Assert.That(await accepting.InTime(), Is.Null);
        Assert.That((await muxer.Completion.InTime()).Code, Is.Null);
        await opened.CloseAsync();
        await accepted.CloseAsync();
        await pair.DisposeAsync();
        Assert.That(pair.Pool.Outstanding, Is.Zero);
    }

    [Test]
    public async Task WritesBeforeTheEndArriveBeforeIt()
    {
        for (int i = 0; i < 50; i++)
        {
            await using YamuxPair pair = new();
            IMuxedStream opened = await pair.Dialer.OpenStreamAsync(CancellationToken.None).InTime();
            await opened.WriteAsync(new byte[1000]);
            await opened.CloseWritingAsync();
            Task closing = pair.Dialer.CloseAsync(0).AsTask();
            if (await pair.Listener.AcceptStreamAsync(CancellationToken.None).InTime() is { } accepted)
            {
                Assert.That(await accepted.ReadAsync(2000).InTime(), Has.Length.EqualTo(1000));
            }

            await closing.InTime();
        }
    }

    [Test]
    public async Task FirstCodeCounts()
    {
        YamuxPair pair = new();
        await Task.WhenAll(pair.Dialer.CloseAsync(5).AsTask(), pair.Dialer.CloseAsync(6).AsTask()).InTime();
        Assert.That((await pair.Dialer.Completion).Code, Is.EqualTo(5u));
        MuxerEnd end = await pair.Listener.Completion.InTime();
        Assert.That((end.Code, end.ByPeer), Is.EqualTo(((uint?)5, true)));
        Assert.That((pair.DialerBelow.IsClosed, pair.ListenerBelow.IsClosed), Is.EqualTo((true, true)));
    }

    [Test]
    public void OneThreadIsEnough()
    {
        SimulationWorld world = new();
        world.Run(async () =>
        {
            await using YamuxPair pair = new(time: new ManualTimeProvider(), spawner: world);
            (IMuxedStream opened, IMuxedStream accepted) = await pair.OpenAsync();
            Task writing = opened.WriteAsync(new byte[1_000_000]).AsTask();
            Assert.That(await accepted.ReadAsync(1_000_000), Has.Length.EqualTo(1_000_000));
            await writing;
            await pair.Dialer.PingAsync(CancellationToken.None);
        });
        Assert.That(world.Escapes, Is.Zero);
    }

    private static async Task EndAsync(IMuxedStream stream, string how)
    {
        switch (how)
        {
            case "fin":
                await stream.CloseWritingAsync();
                break;
            case "close":
                await stream.CloseAsync();
                break;
            default:
                stream.Reset();
                break;
        }
    }

    [Test]
    public async Task APingThatNobodyWaitsForAnyMoreFailsQuietly()
    {
        const uint Code = 42_424_242;
        int unobserved = 0;
        void Count(object? sender, UnobservedTaskExceptionEventArgs e) =>
            unobserved += e.Exception.ToString().Contains($"{Code}", StringComparison.Ordinal) ? 1 : 0;
        TaskScheduler.UnobservedTaskException += Count;
        try
        {
            for (int i = 0; i < 20; i++)
            {
                await LeavePingAsync(Code);
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            Assert.That(unobserved, Is.Zero);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Count;
        }
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static async Task LeavePingAsync(uint code)
    {
        await using RawYamux raw = new();
        using CancellationTokenSource cancellation = new();
        Task<TimeSpan> ping = raw.Muxer.PingAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        Assert.That(async () => await ping, Throws.InstanceOf<OperationCanceledException>());
        await raw.SendAsync(YamuxFrameType.GoAway, YamuxFlags.None, 0, code);
        await raw.Muxer.Completion.InTime();
    }
}
