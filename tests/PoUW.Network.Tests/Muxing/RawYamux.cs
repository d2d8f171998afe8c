using System.Buffers.Binary;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Network.Guards;
using PoUW.Network.Muxing;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Muxing;

/// <summary>A yamux end under test whose peer is the test itself, frame by frame. The peer is the dialer: its streams are odd.</summary>
internal sealed class RawYamux : IAsyncDisposable
{
    public RawYamux(
        YamuxOptions? options = null, TimeProvider? time = null, ISpawner? spawner = null, int capacityBytes = 256 * 1024, MemoryReservation? memory = null)
    {
        (Peer, Below) = DuplexPair.Create(capacityBytes);
        YamuxMuxerFactory factory = new(options ?? new YamuxOptions(), time ?? TimeProvider.System, spawner ?? new ThreadPoolSpawner(), Pool);
        Muxer = factory.Create(Below, isDialer: false, memory);
    }

    public CountingPool Pool { get; } = new();

    public TestDuplex Peer { get; }

    /// <summary>What the end under test writes to.</summary>
    public TestDuplex Below { get; }

    public IMuxer Muxer { get; }

    public Task SendAsync(YamuxFrameType type, YamuxFlags flags, uint stream, uint length, byte[]? payload = null)
        => Peer.WriteAsync(Frame(type, flags, stream, length, payload), CancellationToken.None).InTime();

    public Task OpenAsync(uint stream) => SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, stream, 0);

    public Task DataAsync(uint stream, byte[] payload, YamuxFlags flags = YamuxFlags.None)
        => SendAsync(YamuxFrameType.Data, flags, stream, (uint)payload.Length, payload);

    /// <summary>The next frame, or null at the end.</summary>
    public async Task<(YamuxFrameHeader Header, byte[] Payload)?> ReceiveAsync()
    {
        byte[] bytes = await Peer.ReadAsync(YamuxFrameHeader.Size).InTime();
        if (bytes.Length == 0)
        {
            return null;
        }

        Assert.That(YamuxFrameHeader.TryRead(bytes, int.MaxValue, out YamuxFrameHeader header).IsValid, Is.True);
        byte[] payload = header.Type == YamuxFrameType.Data ? await Peer.ReadAsync((int)header.Length).InTime() : [];
        return (header, payload);
    }

    /// <summary>Skips frames up to one that fits.</summary>
    public async Task<YamuxFrameHeader> ReceiveAsync(Func<YamuxFrameHeader, bool> wanted)
    {
        while (await ReceiveAsync() is { } frame)
        {
            if (wanted(frame.Header))
            {
                return frame.Header;
            }
        }

        throw new AssertionException("The connection ended before the frame came.");
    }

    /// <summary>All frames until the end.</summary>
    public async Task<List<YamuxFrameHeader>> ReceiveAllAsync()
    {
        List<YamuxFrameHeader> frames = [];
        while (await ReceiveAsync() is { } frame)
        {
            frames.Add(frame.Header);
        }

        return frames;
    }

    public async Task AssertViolationAsync()
    {
        List<YamuxFrameHeader> frames = await ReceiveAllAsync();
        Assert.That(frames, Is.Not.Empty);
        Assert.That((frames[^1].Type, frames[^1].Length), Is.EqualTo((YamuxFrameType.GoAway, 1u)), "the last word is a protocol error");
        await Peer.CloseAsync();
        MuxerEnd end = await Muxer.Completion.InTime();
        Assert.That((end.Code, end.ByPeer), Is.EqualTo(((uint?)1, false)), end.Detail);
        Assert.That(Pool.Outstanding, Is.Zero);
    }

    /// <summary>Waits until the end under test has handled all that was sent.</summary>
    public async Task SettleAsync()
    {
        uint number = 0xabcd0000;
        await SendAsync(YamuxFrameType.Ping, YamuxFlags.Syn, 0, number);
        await ReceiveAsync(header => header.Type == YamuxFrameType.Ping && header.Flags == YamuxFlags.Ack && header.Length == number);
    }

    public async ValueTask DisposeAsync()
    {
        await Peer.CloseAsync();
        await Muxer.CloseAsync(0);
    }

    public static byte[] Frame(YamuxFrameType type, YamuxFlags flags, uint stream, uint length, byte[]? payload = null)
    {
        byte[] frame = new byte[YamuxFrameHeader.Size + (payload?.Length ?? 0)];
        new YamuxFrameHeader(type, flags, stream, length).Write(frame);
        payload?.CopyTo(frame, YamuxFrameHeader.Size);
        return frame;
    }
}

/// <summary>Numbers of a test, from its seed.</summary>
internal sealed class Dice(ulong seed)
{
    private readonly SeededRandomSource _source = new(seed, "dice");

    public int Next(int below)
    {
        Span<byte> bytes = stackalloc byte[4];
        _source.Fill(bytes);
        return (int)(BinaryPrimitives.ReadUInt32LittleEndian(bytes) % (uint)below);
    }

    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        _source.Fill(bytes);
        return bytes;
    }
}
