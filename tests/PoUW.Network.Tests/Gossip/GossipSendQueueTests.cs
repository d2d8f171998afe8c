using PoUW.Network.Gossip;
using PoUW.Network.Tests.Gossip.Support;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Gossip;

/// <summary>What waits for one peer: order and bounds. And the reading of what comes out of it.</summary>
[TestFixture]
internal sealed class GossipSendQueueTests
{
    [Test]
    public async Task ControlGoesFirstThenSmallThenLongThenGossip()
    {
        GossipSendQueue queue = new(new GossipLimits());
        RpcBuilder rpc = new();
        rpc.IHave.Add(new GossipIHave("t", [GossipIds.MessageId(1)]));
        rpc.Messages.Add(Item(1, 10_000));
        rpc.Messages.Add(Item(2, 100));
        rpc.Messages.Add(Item(3, 10_000));
        rpc.Messages.Add(Item(4, 100));
        rpc.Graft.Add("t");
        Assert.That(queue.Add(rpc), Is.Zero);
        List<GossipRpc> sent = await ReadAsync(queue.Take());
        Assert.That(sent[0].Graft, Has.Count.EqualTo(1));
        Assert.That(sent.Skip(1).Take(4).Select(static one => one.Messages.Single().Data.Span[3]), Is.EqualTo(new[] { 2, 4, 1, 3 }));
        Assert.That(sent[^1].IHave, Has.Count.EqualTo(1));
        Assert.That(queue.Take(), Is.Empty);
    }

    [Test]
    public async Task TheOldestMessagesAreDroppedLongOnesFirst()
    {
        GossipSendQueue queue = new(new GossipLimits { QueuedMessages = 3 });
        RpcBuilder rpc = new();
        rpc.Messages.AddRange([Item(1, 10), Item(2, 10_000), Item(3, 10), Item(4, 10), Item(5, 10)]);
        Assert.That(queue.Add(rpc), Is.EqualTo(2));
        List<GossipRpc> sent = await ReadAsync(queue.Take());
        Assert.That(sent.Select(static one => one.Messages.Single().Data.Span[3]), Is.EqualTo(new[] { 3, 4, 5 }));
    }

    [Test]
    public void BytesOfMessagesAndOfGossipAreBounded()
    {
        GossipSendQueue queue = new(new GossipLimits { QueuedMessageBytes = 1000, QueuedGossipBytes = 1000 });
        int dropped = 0;
        for (int i = 0; i < 50; i++)
        {
            RpcBuilder rpc = new();
            rpc.Messages.Add(Item(i, 300));
            rpc.IHave.Add(new GossipIHave("t", [.. Enumerable.Range(0, 10).Select(GossipIds.MessageId)]));
            dropped += queue.Add(rpc);
        }

        Assert.That(dropped, Is.EqualTo((50 - 3) + (50 - 2)));
        Assert.That(queue.Take(), Has.Length.LessThan(2000));
    }

    [Test]
    public void TooMuchControlMeansToBeginAnew()
    {
        GossipSendQueue queue = new(new GossipLimits { QueuedControl = 3 });
        for (int i = 0; i < 4; i++)
        {
            Assert.That(queue.IsOverrun, Is.False);
            RpcBuilder rpc = new();
            rpc.Graft.Add("t");
            queue.Add(rpc);
        }

        Assert.That(queue.IsOverrun, Is.True);
        queue.Clear();
        Assert.That((queue.IsOverrun, queue.Take().Length, queue.Messages), Is.EqualTo((false, 0, 0)));
    }

    [Test]
    public void LongMessagesThatAreNoLongerWantedAreTakenBack()
    {
        GossipSendQueue queue = new(new GossipLimits());
        RpcBuilder rpc = new();
        rpc.Messages.AddRange([Item(1, 10_000), Item(2, 10_000), Item(3, 10_000)]);
        queue.Add(rpc);
        Assert.That(queue.Cancel([GossipIds.MessageId(2), GossipIds.MessageId(9)]), Is.EqualTo(1));
        Assert.That(queue.Messages, Is.EqualTo(2));
    }

    [Test]
    public async Task WaitingEndsWithAnAdditionOrTheClose()
    {
        GossipSendQueue queue = new(new GossipLimits());
        Task<bool> waiting = queue.WaitAsync(CancellationToken.None).AsTask();
        Assert.That(waiting.IsCompleted, Is.False);
        queue.Add(new RpcBuilder());
        Assert.That(await waiting.InTime(), Is.True);
        waiting = queue.WaitAsync(CancellationToken.None).AsTask();
        queue.Close();
        Assert.That(await waiting.InTime(), Is.False);
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(100_000)]
    public async Task RpcsAreReadHoweverTheyAreCut(int step)
    {
        (TestDuplex writer, TestDuplex reader) = DuplexPair.Create();
        using GossipFrameReader frames = new(reader, 1 << 20);
        byte[][] rpcs = [.. new[] { 0, 1, 127, 128, 5000, 20_000, 3, 9000 }.Select(static length => new byte[length])];
        Task writing = WriteAsync();
        foreach (byte[] rpc in rpcs)
        {
            ReadOnlyMemory<byte>? read = await frames.ReadAsync(CancellationToken.None).InTime();
            Assert.That(read?.Length, Is.EqualTo(rpc.Length));
        }

        Assert.That(await frames.ReadAsync(CancellationToken.None).InTime(), Is.Null);
        await writing;

        async Task WriteAsync()
        {
            byte[] all = [.. rpcs.SelectMany(static rpc => Delimited(rpc))];
            for (int at = 0; at < all.Length; at += step)
            {
                await writer.WriteAsync(all.AsMemory(at, Math.Min(step, all.Length - at)), CancellationToken.None);
            }

            await writer.CloseWritingAsync();
        }
    }

    [TestCase("818040", TestName = "Longer than allowed")]
    [TestCase("8000", TestName = "A length that is not the shortest")]
    [TestCase("ffffffffffffffffff01", TestName = "A length of ten bytes")]
    [TestCase("05010203", TestName = "Cut in the middle")]
    [TestCase("80", TestName = "Cut in the length")]
    public async Task RpcsThatAreNoneEndTheReading(string hex)
    {
        (TestDuplex writer, TestDuplex reader) = DuplexPair.Create();
        using GossipFrameReader frames = new(reader, 1 << 20);
        await writer.WriteAsync(Convert.FromHexString(hex), CancellationToken.None);
        await writer.CloseWritingAsync();
        NetworkException? failure = Assert.ThrowsAsync<NetworkException>(async () => await frames.ReadAsync(CancellationToken.None).InTime());
        Assert.That(failure!.Error, Is.EqualTo(NetworkError.ProtocolViolation));
    }

    private static (GossipMessageId Id, GossipMessage Message) Item(int number, int length) =>
        (GossipIds.MessageId(number), GossipIds.Message("t", number, length));

    private static byte[] Delimited(byte[] rpc)
    {
        byte[] prefix = new byte[9];
        return [.. prefix[..PoUW.Network.Protobuf.Varint.Write(prefix, (ulong)rpc.Length)], .. rpc];
    }

    private static async Task<List<GossipRpc>> ReadAsync(byte[] frames)
    {
        (TestDuplex writer, TestDuplex reader) = DuplexPair.Create();
        await writer.WriteAsync(frames, CancellationToken.None);
        await writer.CloseWritingAsync();
        using GossipFrameReader read = new(reader, 1 << 20);
        List<GossipRpc> rpcs = [];
        while (await read.ReadAsync(CancellationToken.None).InTime() is { } frame)
        {
            Assert.That(GossipRpcCodec.TryDecode(frame.Span, new GossipLimits(), out GossipRpc? rpc).IsValid, Is.True);
            rpcs.Add(rpc!);
        }

        return rpcs;
    }
}
