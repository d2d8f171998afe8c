using PoUW.Network.Guards;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Muxing;

/// <summary>Peers that break the protocol, frame by frame.</summary>
internal sealed class YamuxHostileTests
{
    private static IEnumerable<TestCaseData> Violations()
    {
        yield return Case("another version", static raw => raw.Peer.WriteAsync([1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]).AsTask());
        yield return Case("unknown type", static raw => raw.SendAsync((YamuxFrameType)9, 0, 1, 0));
        yield return Case("unknown flag", static raw => raw.SendAsync(YamuxFrameType.Data, (YamuxFlags)0x10, 1, 0));
        yield return Case("stream of the wrong parity", static raw => raw.OpenAsync(2));
        yield return Case("data for a stream that was never open", static raw => raw.DataAsync(1, [1]));
        yield return Case("window for a stream of ours that was never open", static raw => raw.SendAsync(YamuxFrameType.WindowUpdate, 0, 2, 1));
        yield return Case("reset of a stream to come", static raw => raw.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, 5, 0));
        yield return Case("stream opened twice", static async raw =>
        {
            await raw.OpenAsync(1);
            await raw.OpenAsync(1);
        });
        yield return Case("stream opened again after its end", static async raw =>
        {
            await raw.OpenAsync(1);
            await raw.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, 1, 0);
            await raw.OpenAsync(1);
        });
        yield return Case("id too old to tell", static async raw =>
        {
            await raw.OpenAsync(10_001);
            await raw.OpenAsync(1);
        });
        yield return Case("more than the window", static async raw =>
        {
            await raw.OpenAsync(1);
            await raw.DataAsync(1, new byte[YamuxOptions.InitialWindowBytes]);
            await raw.DataAsync(1, [1]);
        });
        yield return Case("frame above the limit", static async raw =>
        {
            await raw.OpenAsync(1);
            await raw.SendAsync(YamuxFrameType.Data, 0, 1, (1024 * 1024) + 1);
        });
        yield return Case("data after the end", static async raw =>
        {
            await raw.OpenAsync(1);
            await raw.DataAsync(1, [1], YamuxFlags.Fin);
            await raw.DataAsync(1, [1]);
        });
        yield return Case("window overflow", static async raw =>
        {
            await raw.OpenAsync(1);
            await raw.SendAsync(YamuxFrameType.WindowUpdate, 0, 1, uint.MaxValue);
        });
        yield return Case("answer to no ping", static raw => raw.SendAsync(YamuxFrameType.Ping, YamuxFlags.Ack, 0, 1));
        yield return Case("ping that is neither", static raw => raw.SendAsync(YamuxFrameType.Ping, YamuxFlags.Syn | YamuxFlags.Ack, 0, 1));
        yield return Case("wrong answer to a ping", static async raw =>
        {
            Task ping = raw.Muxer.PingAsync(CancellationToken.None).AsTask();
            YamuxFrameHeader asked = await raw.ReceiveAsync(static header => header.Type == YamuxFrameType.Ping);
            await raw.SendAsync(YamuxFrameType.Ping, YamuxFlags.Ack, 0, asked.Length + 1);
            Assert.ThrowsAsync<NetworkException>(() => ping.InTime());
        });
        yield return Case("empty data without end", static async raw =>
        {
            await raw.OpenAsync(1);
            for (int i = 0; i < 200; i++)
            {
                await raw.DataAsync(1, []);
            }
        });
        yield return Case("empty windows without end", static async raw =>
        {
            await raw.OpenAsync(1);
            for (int i = 0; i < 200; i++)
            {
                await raw.SendAsync(YamuxFrameType.WindowUpdate, 0, 1, 0);
            }
        });
        yield return Case("late data beyond what the window had allowed", static async raw =>
        {
            await raw.OpenAsync(1);
            (await raw.Muxer.AcceptStreamAsync(CancellationToken.None).InTime())!.Reset();
            await raw.ReceiveAsync(static header => header.Flags == YamuxFlags.Rst);
            await raw.DataAsync(1, new byte[YamuxOptions.InitialWindowBytes]);
            await raw.SettleAsync();
            await raw.DataAsync(1, [1]);
        });
    }

    [TestCaseSource(nameof(Violations))]
    public async Task ViolationEndsTheConnectionWithItsCode(Func<RawYamux, Task> violate)
    {
        await using RawYamux raw = new();
        await violate(raw);
        await raw.AssertViolationAsync();
    }

    [Test]
    public async Task LateFramesOfAStreamJustResetAreIgnored()
    {
        await using RawYamux raw = new();
        await raw.OpenAsync(1);
        (await raw.Muxer.AcceptStreamAsync(CancellationToken.None).InTime())!.Reset();
        await raw.ReceiveAsync(static header => header is { StreamId: 1, Flags: YamuxFlags.Rst });

        await raw.DataAsync(1, new byte[1000]);
        await raw.SendAsync(YamuxFrameType.WindowUpdate, 0, 1, 5);
        await raw.DataAsync(1, [1], YamuxFlags.Fin);
        await raw.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, 1, 0);
        await raw.SettleAsync();

        Assert.That((raw.Muxer.StreamCount, raw.Muxer.Completion.IsCompleted), Is.EqualTo((0, false)));
    }

    [Test]
    public async Task IdsMayComeALittleOutOfOrder()
    {
        await using RawYamux raw = new();
        uint[] ids = [5, 1, 3, 511, 7, 301];
        foreach (uint id in ids)
        {
            await raw.OpenAsync(id);
        }

        await raw.SettleAsync();
        List<uint> accepted = [];
        for (int i = 0; i < ids.Length; i++)
        {
            accepted.Add((await raw.Muxer.AcceptStreamAsync(CancellationToken.None).InTime())!.Id);
        }

        Assert.That(accepted, Is.EqualTo(ids));
    }

    [Test]
    public async Task StreamsBeyondTheLimitAreResetAndTheOthersGoOn()
    {
        await using RawYamux raw = new(new YamuxOptions { MaxInboundStreams = 3 });
        for (uint id = 1; id <= 9; id += 2)
        {
            await raw.DataAsync(id, [(byte)id], YamuxFlags.Syn);
        }

        Assert.That((await raw.ReceiveAsync(static header => header.Flags == YamuxFlags.Rst)).StreamId, Is.EqualTo(7));
        Assert.That((await raw.ReceiveAsync(static header => header.Flags == YamuxFlags.Rst)).StreamId, Is.EqualTo(9));
        for (byte id = 1; id <= 5; id += 2)
        {
            IMuxedStream stream = (await raw.Muxer.AcceptStreamAsync(CancellationToken.None).InTime())!;
            Assert.That(await stream.ReadAsync(1).InTime(), Is.EqualTo(new[] { id }));
        }

        Assert.That(raw.Muxer.StreamCount, Is.EqualTo(3));
    }

    [TestCase(1024, 5, TestName = "more streams than anybody acknowledges")]
    [TestCase(5, 256, TestName = "more streams than may be open")]
    public async Task OpeningWithoutEndIsAViolation(int maxInbound, int maxUnacknowledged)
    {
        await using RawYamux raw = new(new YamuxOptions
        {
            MaxInboundStreams = maxInbound,
            MaxUnacknowledgedStreams = maxUnacknowledged,
            MaxRefusedStreams = 20,
        });
        for (uint i = 0; i < 30; i++)
        {
            await raw.OpenAsync((2 * i) + 1);
        }

        await raw.AssertViolationAsync();
    }

    [Test]
    public async Task ResettingWhatWasOpenedKeepsNothing()
    {
        await using RawYamux raw = new(new YamuxOptions { MaxInboundStreams = 4, MaxRefusedStreams = 4 });
        for (uint i = 0; i < 5_000; i++)
        {
            await raw.DataAsync((2 * i) + 1, [1, 2, 3], YamuxFlags.Syn);
            await raw.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, (2 * i) + 1, 0);
        }

        await raw.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Syn | YamuxFlags.Rst, 20_001, 0);
        await raw.SettleAsync();
        Assert.That(raw.Muxer.StreamCount, Is.Zero);
        Assert.That(raw.Pool.Outstanding, Is.LessThan(256 * 1024));
    }

    [Test]
    public async Task PingsWithoutEndAreNotRemembered()
    {
        // The peer writes pings and never reads: this end may keep a few answers, and must go on reading.
        await using RawYamux raw = new(capacityBytes: 1200);
        const int Pings = 50_000;
        for (uint i = 0; i < Pings; i++)
        {
            await raw.SendAsync(YamuxFrameType.Ping, YamuxFlags.Syn, 0, i);
        }

        Task<List<YamuxFrameHeader>> frames = raw.ReceiveAllAsync();
        await raw.SendAsync(YamuxFrameType.GoAway, 0, 0, 0);
        Assert.That(await frames.InTime(), Has.Count.LessThan(1000));
    }

    [Test]
    public async Task PingsFasterThanTheRateAreNotAnswered()
    {
        ManualTimeProvider time = new();
        await using RawYamux raw = new(new YamuxOptions { Pings = TokenRate.PerSecond(1, 3) }, time);
        List<uint> answered = [];
        for (uint number = 0; number < 5; number++)
        {
            await raw.SendAsync(YamuxFrameType.Ping, YamuxFlags.Syn, 0, number);
        }

        // The answer to the one after a second says that the others before it were looked at.
        await raw.OpenAsync(1);
        _ = await raw.Muxer.AcceptStreamAsync(CancellationToken.None).InTime();
        time.Advance(TimeSpan.FromSeconds(1));
        await raw.SendAsync(YamuxFrameType.Ping, YamuxFlags.Syn, 0, 100);
        while (!answered.Contains(100u))
        {
            answered.Add((await raw.ReceiveAsync(static header => header is { Type: YamuxFrameType.Ping, Flags: YamuxFlags.Ack })).Length);
        }

        Assert.That(answered, Is.EqualTo(new[] { 0u, 1u, 2u, 100u }));
    }

    [Test]
    public async Task StreamsOpenedFasterThanTheRateAreReset()
    {
        ManualTimeProvider time = new();
        await using RawYamux raw = new(new YamuxOptions { StreamOpens = TokenRate.PerSecond(1, 2) }, time);
        for (uint id = 1; id <= 5; id += 2)
        {
            await raw.OpenAsync(id);
        }

        Assert.That((await raw.ReceiveAsync(static header => header.Flags == YamuxFlags.Rst)).StreamId, Is.EqualTo(5));
        time.Advance(TimeSpan.FromSeconds(1));
        await raw.OpenAsync(7);
        await raw.SettleAsync();
        Assert.That(raw.Muxer.StreamCount, Is.EqualTo(3));
    }

    [Test]
    public void OpeningAndResettingWithoutReadingIsAViolation()
    {
        SimulationWorld world = new();
        world.Run(async () =>
        {
            // Every stream is accepted at once, and the word of that waits behind a peer that does not read.
            YamuxOptions options = new() { MaxInboundStreams = 8, MaxOutboundStreams = 8, StreamOpens = TokenRate.PerSecond(1 << 20, 1 << 20) };
            RawYamux raw = new(options, world.Time, world, capacityBytes: 100);
            Task accepting = world.Spawn("accept", async () =>
            {
                while (await raw.Muxer.AcceptStreamAsync(CancellationToken.None) is not null)
                {
                    // Whoever took it does not matter.
                }
            });
            uint opened = 0;
            for (uint id = 1; !accepting.IsCompleted && opened < 1_000; id += 2, opened++)
            {
                await raw.Peer.WriteAsync(RawYamux.Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, id, 0), CancellationToken.None);
                await Settle();
                await raw.Peer.WriteAsync(RawYamux.Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, id, 0), CancellationToken.None);
                await Settle();
            }

            Assert.That(opened, Is.LessThan(100));
            MuxerEnd end = await raw.Muxer.Completion;
            Assert.That((end.Code, end.ByPeer), Is.EqualTo(((uint?)1, false)), end.Detail);
        });
    }

    [Test]
    public async Task OpenerWaitsForAcknowledgements()
    {
        await using RawYamux raw = new(new YamuxOptions { MaxUnacknowledgedStreams = 3 });
        for (int i = 0; i < 3; i++)
        {
            await raw.Muxer.OpenStreamAsync(CancellationToken.None).InTime();
        }

        Task<IMuxedStream> fourth = raw.Muxer.OpenStreamAsync(CancellationToken.None).AsTask();
        await raw.SettleAsync();
        Assert.That(fourth.IsCompleted, Is.False);
        await raw.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Ack, 2, 0);
        Assert.That((await fourth.InTime()).Id, Is.EqualTo(8));
    }

    [Test]
    public async Task OpenerThatGivesUpLeavesNoTrace()
    {
        await using RawYamux raw = new(new YamuxOptions { MaxUnacknowledgedStreams = 1, MaxOutboundStreams = 2 });
        IMuxedStream first = await raw.Muxer.OpenStreamAsync(CancellationToken.None).InTime();
        await raw.ReceiveAsync(static header => header.Flags == YamuxFlags.Syn);
        using CancellationTokenSource impatience = new();
        Task<IMuxedStream> second = raw.Muxer.OpenStreamAsync(impatience.Token).AsTask();
        await impatience.CancelAsync();
        Assert.CatchAsync<OperationCanceledException>(() => second.InTime());
        first.Reset();
        await raw.ReceiveAsync(static header => header.Flags == YamuxFlags.Rst);
        Assert.That((await raw.Muxer.OpenStreamAsync(CancellationToken.None).InTime()).Id, Is.EqualTo(4));
    }

    [Test]
    public async Task TooManyOwnStreamsFailAtOnce()
    {
        await using RawYamux raw = new(new YamuxOptions { MaxOutboundStreams = 1 });
        await raw.Muxer.OpenStreamAsync(CancellationToken.None).InTime();
        NetworkException? failure = Assert.ThrowsAsync<NetworkException>(async () => await raw.Muxer.OpenStreamAsync(CancellationToken.None));
        Assert.That(failure!.Error, Is.EqualTo(NetworkError.LimitReached));
    }

    [Test]
    public async Task UnreadBytesOfAllStreamsAreBounded()
    {
        const int Limit = 1024 * 1024;
        await using RawYamux raw = new(new YamuxOptions { MaxConnectionWindowBytes = Limit });
        List<IMuxedStream> streams = [];
        for (uint id = 1; id < 20; id += 2)
        {
            await raw.OpenAsync(id);
            streams.Add((await raw.Muxer.AcceptStreamAsync(CancellationToken.None).InTime())!);
            await raw.DataAsync(id, new byte[YamuxOptions.InitialWindowBytes]);
        }

        await raw.SettleAsync();
        Assert.That(raw.Pool.Outstanding, Is.LessThanOrEqualTo(Limit + (128 * 1024)));
        Assert.That(raw.Muxer.StreamCount, Is.EqualTo(4), "those whose bytes found room");
        NetworkException? failure = Assert.ThrowsAsync<NetworkException>(async () => await streams[^1].ReadAsync(1));
        Assert.That(failure!.Error, Is.EqualTo(NetworkError.LimitReached));
        Assert.That(await streams[0].ReadAsync(1000).InTime(), Has.Length.EqualTo(1000));
    }

    [Test]
    public async Task AHeaderAloneReservesNothing()
    {
        const int Window = YamuxOptions.InitialWindowBytes;
        ResourceManager resources = new(new ResourceOptions());
        Assert.That(resources.TryOpenConnection(true, Multiaddr.Memory("peer"), out ConnectionScope? scope).IsValid, Is.True);
        Assert.That(scope!.TryReserveMemory(0, out MemoryReservation? memory).IsValid, Is.True);
        await using RawYamux raw = new(memory: memory);
        await raw.OpenAsync(1);
        IMuxedStream first = (await raw.Muxer.AcceptStreamAsync(CancellationToken.None).AsTask().InTime())!;
        await raw.OpenAsync(3);
        IMuxedStream second = (await raw.Muxer.AcceptStreamAsync(CancellationToken.None).AsTask().InTime())!;
        await raw.DataAsync(1, new byte[1000]);

        // What is promised is a whole window, what comes is a byte of it.
        await raw.SendAsync(YamuxFrameType.Data, YamuxFlags.None, 3, Window, [7]);
        Assert.That(await second.ReadAsync(1).InTime(), Is.EqualTo(new byte[] { 7 }));
        Assert.That(memory!.Bytes, Is.Zero);

        // With the rest there is more than one window, all of it unread.
        await raw.Peer.WriteAsync(new byte[Window - 1], CancellationToken.None).AsTask().InTime();
        await raw.DataAsync(1, [8]);
        Assert.That(await first.ReadAsync(1001).InTime(), Has.Length.EqualTo(1001));
        Assert.That(memory.Bytes, Is.EqualTo(Window));
        scope.Dispose();
    }

    [Test]
    public async Task UnreadBytesAreTakenFromThePeersMemory()
    {
        const int Window = YamuxOptions.InitialWindowBytes;
        ResourceManager resources = new(new ResourceOptions { Peer = new ResourceLimit { MemoryBytes = 2 * Window } });
        Assert.That(resources.TryOpenConnection(true, Multiaddr.Memory("peer"), out ConnectionScope? scope).IsValid, Is.True);
        Assert.That(scope!.TryBindPeer(TestKeys.IdOf(1)).IsValid, Is.True);
        Assert.That(scope.TryReserveMemory(0, out MemoryReservation? memory).IsValid, Is.True);
        await using RawYamux raw = new(memory: memory);
        List<IMuxedStream> streams = [];
        for (uint id = 1; id < 12; id += 2)
        {
            await raw.OpenAsync(id);
            streams.Add((await raw.Muxer.AcceptStreamAsync(CancellationToken.None).InTime())!);
            await raw.DataAsync(id, new byte[Window]);
        }

        await raw.SettleAsync();
        Assert.That(resources.Of(TestKeys.IdOf(1)).MemoryBytes, Is.EqualTo(2 * Window));
        Assert.That(raw.Muxer.StreamCount, Is.EqualTo(3), "one window costs nothing, and for two there is room");
        foreach (IMuxedStream stream in streams[..3])
        {
            Assert.That(await stream.ReadAsync(Window).InTime(), Has.Length.EqualTo(Window));
        }

        Assert.That(resources.Of(TestKeys.IdOf(1)).MemoryBytes, Is.LessThanOrEqualTo(Window), "at most one is kept for what comes next");
        scope.Dispose();
        Assert.That(resources.System.MemoryBytes, Is.Zero);
    }

    [Test]
    public async Task BytesOneByOneShareBuffers()
    {
        await using RawYamux raw = new();
        await raw.OpenAsync(1);
        for (int i = 0; i < 20_000; i++)
        {
            await raw.DataAsync(1, [(byte)(i % 256)]);
        }

        await raw.SettleAsync();
        Assert.That(raw.Pool.Outstanding, Is.LessThan(64 * 1024));
    }

    [TestCase(0u)]
    [TestCase(2u)]
    [TestCase(77_777u)]
    public async Task CodeOfThePeerIsTold(uint code)
    {
        await using RawYamux raw = new();
        Task<IMuxedStream?> accepting = raw.Muxer.AcceptStreamAsync(CancellationToken.None).AsTask();
        IMuxedStream open = await raw.Muxer.OpenStreamAsync(CancellationToken.None).InTime();
        Task<int> reading = open.ReadAsync(new byte[1], CancellationToken.None).AsTask();
        Task pinging = raw.Muxer.PingAsync(CancellationToken.None).AsTask();
        await raw.SendAsync(YamuxFrameType.GoAway, 0, 0, code);

        MuxerEnd end = await raw.Muxer.Completion.InTime();
        Assert.That((end.Code, end.ByPeer), Is.EqualTo(((uint?)code, true)));
        Assert.That(await accepting.InTime(), Is.Null);
        Assert.That(Assert.ThrowsAsync<NetworkException>(() => reading.InTime())!.Error, Is.EqualTo(NetworkError.Closed));
        Assert.ThrowsAsync<NetworkException>(() => pinging.InTime());
        Assert.ThrowsAsync<NetworkException>(async () => await raw.Muxer.OpenStreamAsync(CancellationToken.None));
        Assert.ThrowsAsync<NetworkException>(async () => await raw.Muxer.PingAsync(CancellationToken.None));
    }

    [TestCase(0)]
    [TestCase(5)]
    [TestCase(14)]
    public async Task EndInTheMiddleBreaksTheConnection(int bytes)
    {
        await using RawYamux raw = new();
        await raw.OpenAsync(1);
        IMuxedStream stream = (await raw.Muxer.AcceptStreamAsync(CancellationToken.None).InTime())!;
        await raw.Peer.WriteAsync(RawYamux.Frame(YamuxFrameType.Data, 0, 1, 100, new byte[100]).AsMemory(0, bytes), CancellationToken.None);
        await raw.Peer.CloseWritingAsync();

        MuxerEnd end = await raw.Muxer.Completion.InTime();
        Assert.That((end.Code, end.ByPeer), Is.EqualTo(((uint?)null, true)));
        Assert.ThrowsAsync<NetworkException>(async () => await stream.ReadAsync(100).InTime());
        await stream.CloseAsync();
        Assert.That(raw.Pool.Outstanding, Is.Zero);
    }

    [Test]
    public async Task PeerThatNeverReadsCostsLittleAndIsFoundOut()
    {
        ManualTimeProvider time = new();
        YamuxOptions options = new();
        await using RawYamux raw = new(options, time, capacityBytes: 4096);
        IMuxedStream first = await raw.Muxer.OpenStreamAsync(CancellationToken.None).InTime();
        List<Task> writes = [first.WriteAsync(new byte[1_000_000], CancellationToken.None).AsTask()];

        // From here on the connection takes no byte: what waits goes on waiting.
        await raw.Below.WriteWaits.InTime();
        for (int i = 1; i < 100; i++)
        {
            IMuxedStream stream = await raw.Muxer.OpenStreamAsync(CancellationToken.None).InTime();
            for (int j = 0; j < 100; j++)
            {
                ValueTask write = stream.WriteAsync(new byte[1000], CancellationToken.None);
                if (!write.IsCompleted)
                {
                    writes.Add(write.AsTask());
                    break;
                }
            }
        }

        Assert.That(writes, Has.Count.EqualTo(100), "every stream comes to wait");
        Assert.That(raw.Pool.Outstanding, Is.LessThan(2 * (options.ConnectionSendBufferBytes + (128 * 1024))));
        await time.WaitForTimerAsync(options.KeepAliveInterval);
        time.Advance(options.KeepAliveInterval);
        await time.WaitForTimerAsync(options.KeepAliveTimeout);
        time.Advance(options.KeepAliveTimeout);
        MuxerEnd end = await raw.Muxer.Completion.InTime();
        Assert.That((end.Code, end.ByPeer), Is.EqualTo(((uint?)null, true)), end.Detail);
        foreach (Task write in writes)
        {
            Assert.ThrowsAsync<NetworkException>(() => write.InTime());
        }

        Assert.That(raw.Pool.Outstanding, Is.Zero);
    }

    [Test]
    public async Task ClosingDoesNotWaitForAPeerThatNeverReads()
    {
        ManualTimeProvider time = new();
        YamuxOptions options = new();
        await using RawYamux raw = new(options, time, capacityBytes: 100);
        IMuxedStream stream = await raw.Muxer.OpenStreamAsync(CancellationToken.None).InTime();
        Task write = stream.WriteAsync(new byte[100_000], CancellationToken.None).AsTask();
        Task closing = raw.Muxer.CloseAsync(42).AsTask();
        await time.WaitForTimerAsync(options.CloseTimeout);
        Assert.That(closing.IsCompleted, Is.False);
        time.Advance(options.CloseTimeout);
        await closing.InTime();
        Assert.ThrowsAsync<NetworkException>(() => write.InTime());
        Assert.That((await raw.Muxer.Completion).Code, Is.EqualTo(42u));
    }

    [Test]
    public async Task StreamThatThePeerNeverClosesIsResetInTheEnd()
    {
        ManualTimeProvider time = new();
        YamuxOptions options = new();
        await using RawYamux raw = new(options, time);
        await raw.OpenAsync(1);
        await (await raw.Muxer.AcceptStreamAsync(CancellationToken.None).InTime())!.CloseAsync();
        await raw.ReceiveAsync(static header => header.Flags == YamuxFlags.Fin);
        await time.WaitForTimerAsync(options.KeepAliveInterval);
        time.Advance(options.KeepAliveInterval);
        YamuxFrameHeader ping = await raw.ReceiveAsync(static header => header.Type == YamuxFrameType.Ping);
        await raw.SendAsync(YamuxFrameType.Ping, YamuxFlags.Ack, 0, ping.Length);
        await raw.SettleAsync();
        Assert.That(raw.Muxer.StreamCount, Is.EqualTo(1));
        await time.WaitForTimerAsync(options.KeepAliveTimeout);
        time.Advance(options.KeepAliveTimeout);
        Assert.That((await raw.ReceiveAsync(static header => header.Flags == YamuxFlags.Rst)).StreamId, Is.EqualTo(1));
        Assert.That(raw.Muxer.StreamCount, Is.Zero);
    }

    [Test]
    public async Task DataForAStreamThatNobodyReadsAnyMoreResetsIt()
    {
        await using RawYamux raw = new();
        await raw.OpenAsync(1);
        IMuxedStream stream = (await raw.Muxer.AcceptStreamAsync(CancellationToken.None).InTime())!;
        await stream.WriteAsync([1]);
        await stream.CloseAsync();
        await raw.ReceiveAsync(static header => (header.Flags & YamuxFlags.Fin) != 0);
        await raw.DataAsync(1, [1]);
        Assert.That((await raw.ReceiveAsync(static header => header.Flags == YamuxFlags.Rst)).StreamId, Is.EqualTo(1));
        Assert.That(raw.Muxer.StreamCount, Is.Zero);
    }

    /// <summary>Lets everything that can run now run.</summary>
    private static async Task Settle()
    {
        for (int i = 0; i < 20; i++)
        {
            await Task.Yield();
        }
    }

    private static TestCaseData Case(string name, Func<RawYamux, Task> violate) => new TestCaseData(violate).SetName($"Violation: {name}");
}
