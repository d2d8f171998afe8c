using PoUW.Core.Validation;
using PoUW.Network.Framing;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Framing;

internal sealed class FrameTests
{
    [FsCheck.NUnit.Property]
    public bool HeadersRoundTrip(byte type, ushort length)
    {
        FrameHeader header = new((FrameType)(1 + (type % 7)), length);
        byte[] bytes = new byte[FrameHeader.Size];
        header.Write(bytes);
        return FrameHeader.TryRead(bytes, ushort.MaxValue, out FrameHeader read).IsValid && read == header;
    }

    [Test]
    public void TheLengthIsBigEndianAndComesFirst()
    {
        byte[] bytes = new byte[FrameHeader.Size];
        new FrameHeader(FrameType.Gossip, 0x01020304).Write(bytes);
        Assert.That(bytes, Is.EqualTo(new byte[] { 1, 2, 3, 4, 4 }));
    }

    [TestCase(new byte[] { 0, 0, 0, 1 }, ValidationCode.Malformed)]
    [TestCase(new byte[] { 0, 0, 0, 1, 0 }, ValidationCode.UnknownKind)]
    [TestCase(new byte[] { 0, 0, 0, 1, 8 }, ValidationCode.UnknownKind)]
    [TestCase(new byte[] { 0, 0, 0, 101, 4 }, ValidationCode.TooLarge)]
    [TestCase(new byte[] { 255, 255, 255, 255, 4 }, ValidationCode.TooLarge)]
    [TestCase(new byte[] { 0, 0, 0, 100, 4 }, ValidationCode.Ok)]
    public void HeadersAreChecked(byte[] bytes, ValidationCode expected) =>
        Assert.That(FrameHeader.TryRead(bytes, 100, out _).Code, Is.EqualTo(expected));

    [Test]
    public async Task FramesAreReadWhateverTheCutsAre()
    {
        Random random = new(7);
        byte[][] bodies = [.. Enumerable.Range(0, 200).Select(i => new byte[i % 10 == 0 ? 5000 : random.Next(40)])];
        (IConnection a, IConnection b) = await PairAsync();
        foreach (byte[] body in bodies)
        {
            random.NextBytes(body);
        }

        Task sending = SendInPiecesAsync(a, bodies, random);
        FrameReader reader = new(b, 64);
        foreach (byte[] body in bodies)
        {
            FrameReadResult frame = await reader.ReadHeaderAsync(5000, default).InTime();
            byte[] read = new byte[frame.Header.Length];
            Assert.That(await reader.TryReadAsync(read, default).InTime(), Is.True);
            Assert.That(read.AsSpan().SequenceEqual(body), Is.True);
        }

        await sending.InTime();
        Assert.That((await reader.ReadHeaderAsync(5000, default).InTime()).IsEnd, Is.True);
    }

    [Test]
    public async Task SkippedPayloadsLeaveTheNextFrame()
    {
        (IConnection a, IConnection b) = await PairAsync();
        Task sending = SendInPiecesAsync(a, [new byte[3000], [42]], new Random(1));
        FrameReader reader = new(b, 64);
        FrameReadResult first = await reader.ReadHeaderAsync(5000, default).InTime();
        Assert.That(await reader.TrySkipAsync(first.Header.Length, default).InTime(), Is.True);
        Assert.That((await reader.ReadHeaderAsync(5000, default).InTime()).Header.Length, Is.EqualTo(1));
        await sending.InTime();
    }

    [Test]
    public async Task AnEndInsideAFrameIsNoCleanEnd()
    {
        (IConnection a, IConnection b) = await PairAsync();
        await a.WriteAsync(new byte[] { 0, 0, 0, 2, 4, 1 }, default);
        await a.CloseAsync();
        FrameReader reader = new(b);
        Assert.That((await reader.ReadHeaderAsync(10, default).InTime()).IsFrame, Is.True);
        Assert.That(await reader.TryReadAsync(new byte[2], default).InTime(), Is.False);

        (a, b) = await PairAsync();
        await a.WriteAsync(new byte[] { 0, 0 }, default);
        await a.CloseAsync();
        FrameReadResult cut = await new FrameReader(b).ReadHeaderAsync(10, default).InTime();
        Assert.That((cut.IsEnd, cut.Validation.Code), Is.EqualTo((false, ValidationCode.Malformed)));
    }

    [Test]
    public async Task RandomStreamsNeverThrow()
    {
        Random random = new(20260101);
        int frames = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);
            if (round % 2 == 0 && bytes.Length >= 5)
            {
                new FrameHeader((FrameType)random.Next(1, 8), random.Next(40)).Write(bytes);
            }

            (IConnection a, IConnection b) = await PairAsync();
            await a.WriteAsync(bytes, default);
            await a.CloseAsync();
            frames += await ReadAllAsync(new FrameReader(b, 16));
            await b.CloseAsync();
        }

        Assert.That(frames, Is.GreaterThan(1000), "some of the streams must hold frames");
    }

    private static async Task<int> ReadAllAsync(FrameReader reader)
    {
        int frames = 0;
        while (true)
        {
            FrameReadResult frame = await reader.ReadHeaderAsync(48, default).InTime();
            if (!frame.IsFrame || !await reader.TryReadAsync(new byte[frame.Header.Length], default).InTime())
            {
                return frames;
            }

            frames++;
        }
    }

    private static async Task<(IConnection A, IConnection B)> PairAsync()
    {
        InMemoryTransport transport = new(new InMemoryNetwork());
        IListener listener = await transport.ListenAsync(Multiaddr.Memory("x"), default);
        IConnection a = await transport.DialAsync(Multiaddr.Memory("x"), default);
        return (a, (await listener.AcceptAsync(default))!);
    }

    private static async Task SendInPiecesAsync(IConnection connection, byte[][] bodies, Random random)
    {
        List<byte> stream = [];
        foreach (byte[] body in bodies)
        {
            byte[] header = new byte[FrameHeader.Size];
            new FrameHeader(FrameType.Gossip, body.Length).Write(header);
            stream.AddRange(header);
            stream.AddRange(body);
        }

        byte[] all = [.. stream];
        for (int at = 0; at < all.Length;)
        {
            int step = Math.Min(random.Next(1, 100), all.Length - at);
            await connection.WriteAsync(all.AsMemory(at, step), default);
            at += step;
        }

        await connection.CloseAsync();
    }
}
