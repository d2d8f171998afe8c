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
}
