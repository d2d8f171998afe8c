using PoUW.Network.Muxing;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Muxing;

/// <summary>Whose frames go first.</summary>
internal sealed class YamuxPriorityTests
{
    private const uint Plenty = 1_000_000_000;

    [Test]
    public async Task UrgentMessageWaitsForOneFrameOfABacklog()
    {
        // The pipe holds less than a frame: what is in it and being written is one frame.
        await using RawYamux raw = new(capacityBytes: 1000);
        List<IMuxedStream> streams = [];
        for (int i = 0; i < 3; i++)
        {
            streams.Add(await OpenAsync(raw, StreamPriority.Bulk));
        }

        IMuxedStream urgent = await OpenAsync(raw, StreamPriority.Urgent);

        // All windows are open before the first byte: the rest of a smaller window would be a short frame that shares a write with another one.
        await raw.SettleAsync();
        List<Task> bulk = [.. streams.Select(static stream => stream.WriteAsync(new byte[2_000_000], CancellationToken.None).AsTask())];
        await FirstDataAsync(raw);
        await urgent.WriteAsync(new byte[500]);
        Task longer = urgent.WriteAsync(new byte[20_000], CancellationToken.None).AsTask();

        List<(YamuxFrameHeader Header, byte[] Payload)> frames = [];
        while (frames.Count(frame => frame.Header.StreamId == urgent.Id) < 2)
        {
            frames.Add((await raw.ReceiveAsync())!.Value);
        }

        int before = frames.FindIndex(frame => frame.Header.StreamId == urgent.Id);
        Assert.That(before, Is.LessThanOrEqualTo(1), "frames between the write and the message");
        await longer.InTime();
        await raw.Peer.CloseAsync();
        foreach (Task write in bulk)
        {
            Assert.ThrowsAsync<NetworkException>(() => write.InTime());
        }
    }

    [Test]
    public async Task ClassesShareByWeightAndStreamsInTurn()
    {
        await using RawYamux raw = new(new YamuxOptions { MaxFrameBytes = 4000 }, capacityBytes: 1000);
        byte[] endless = new byte[3_000_000];
        List<Task> writes = [];
        Dictionary<uint, int> sent = [];
        foreach (StreamPriority priority in Enum.GetValues<StreamPriority>())
        {
            for (int i = 0; i < 2; i++)
            {
                IMuxedStream stream = await OpenAsync(raw, priority);
                writes.Add(stream.WriteAsync(endless, CancellationToken.None).AsTask());
                sent.Add(stream.Id, 0);
            }
        }

        for (int i = 0; i < 30; i++)
        {
            await FirstDataAsync(raw);
        }

        for (int i = 0; i < 420; i++)
        {
            sent[(await raw.ReceiveAsync(static header => header.Type == YamuxFrameType.Data)).StreamId]++;
        }

        // Weights 16, 4 and 1 of 21, two streams each.
        Assert.That(sent.OrderBy(static pair => pair.Key).Select(static pair => pair.Value), Is.EqualTo(new[] { 160, 160, 40, 40, 10, 10 }).Within(3));
        await raw.Peer.CloseAsync();
        foreach (Task write in writes)
        {
            Assert.ThrowsAsync<NetworkException>(() => write.InTime());
        }
    }

    [Test]
    public async Task StreamWithoutWindowStallsNobody()
    {
        await using RawYamux raw = new();
        IMuxedStream stuck = await raw.Muxer.OpenStreamAsync(CancellationToken.None).InTime();
        stuck.Priority = StreamPriority.Urgent;
        Task waiting = stuck.WriteAsync(new byte[YamuxOptions.InitialWindowBytes + 1], CancellationToken.None).AsTask();
        IMuxedStream other = await OpenAsync(raw, StreamPriority.Bulk);
        Task writing = other.WriteAsync(new byte[1_000_000], CancellationToken.None).AsTask();
        int bytes = 0;
        while (bytes < 1_000_000)
        {
            YamuxFrameHeader header = await raw.ReceiveAsync(static header => header.Type == YamuxFrameType.Data);
            bytes += header.StreamId == other.Id ? (int)header.Length : 0;
        }

        await writing.InTime();
        Assert.That(waiting.IsCompleted, Is.False);
        await raw.SendAsync(YamuxFrameType.WindowUpdate, 0, stuck.Id, 1);
        await waiting.InTime();
    }

    [Test]
    public async Task SmallFramesShareAWrite()
    {
        await using RawYamux raw = new(capacityBytes: 1000);
        IMuxedStream first = await OpenAsync(raw, StreamPriority.Normal);
        Task filling = first.WriteAsync(new byte[100_000], CancellationToken.None).AsTask();
        List<IMuxedStream> streams = [];
        for (int i = 0; i < 50; i++)
        {
            streams.Add(await raw.Muxer.OpenStreamAsync(CancellationToken.None).InTime());
            await streams[^1].WriteAsync(new byte[100]).AsTask().InTime();
        }

        int writes = raw.Below.Writes;
        HashSet<uint> heard = [];
        while (heard.Count < 51)
        {
            heard.Add((await raw.ReceiveAsync(static header => header.Type == YamuxFrameType.Data)).StreamId);
        }

        await filling.InTime();
        Assert.That(raw.Below.Writes - writes, Is.LessThan(8));
    }

    [Test]
    public async Task WindowUpdatesAndPingsGoBeforeData()
    {
        await using RawYamux raw = new(capacityBytes: 1000);
        IMuxedStream bulk = await OpenAsync(raw, StreamPriority.Bulk);
        Task writing = bulk.WriteAsync(new byte[3_000_000], CancellationToken.None).AsTask();
        await FirstDataAsync(raw);
        await raw.SendAsync(YamuxFrameType.Ping, YamuxFlags.Syn, 0, 99);
        int before = 0;
        while ((await raw.ReceiveAsync())!.Value.Header.Type != YamuxFrameType.Ping)
        {
            before++;
        }

        Assert.That(before, Is.LessThanOrEqualTo(3), "the frames under way when the ping came");
        await raw.Peer.CloseAsync();
        Assert.ThrowsAsync<NetworkException>(() => writing.InTime());
    }

    private static async Task<IMuxedStream> OpenAsync(RawYamux raw, StreamPriority priority)
    {
        IMuxedStream stream = await raw.Muxer.OpenStreamAsync(CancellationToken.None).InTime();
        stream.Priority = priority;
        await raw.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Ack, stream.Id, Plenty);
        return stream;
    }

    private static Task<YamuxFrameHeader> FirstDataAsync(RawYamux raw) => raw.ReceiveAsync(static header => header.Type == YamuxFrameType.Data);
}
