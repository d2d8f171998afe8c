using PoUW.Network;
using PoUW.Network.Muxing;
using PoUW.Network.Tests.Muxing;
using PoUW.Network.Tests.Support;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>
/// A whole yamux session whose peer sends damaged sequences of frames and ends, in virtual time on one thread: it must end, for a reason of the peer's, with
/// every task over, every stream gone and every buffer given back.
/// </summary>
internal static class YamuxFrames
{
    private const uint InternalError = 2;

    /// <summary>The world, the session, its loops and its read buffer.</summary>
    private const int SessionBytes = 96 * 1024;

    /// <summary>A frame of 12 bytes can open a stream, with what serves it here.</summary>
    private const int BytesPerByte = 1024;

    private static readonly YamuxOptions Options = new() { MaxInboundStreams = 16, MaxUnacknowledgedStreams = 8, MaxRefusedStreams = 8 };

    public static FrameDecoder Decoder { get; } = new("yamux session", [Conversation(), Windows(), Many()], Read, BytesPerByte, SessionBytes);

    private static byte[] Conversation() =>
    [
        .. Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, 1, 0),
        .. Data(1, YamuxFlags.None, 60),
        .. Frame(YamuxFrameType.Ping, YamuxFlags.Syn, 0, 7),
        .. Data(3, YamuxFlags.Syn, 5),
        .. Data(1, YamuxFlags.Fin, 20),
        .. Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, 3, 0),
        .. Frame(YamuxFrameType.GoAway, YamuxFlags.None, 0, 0),
    ];

    private static byte[] Windows() =>
    [
        .. Data(1, YamuxFlags.Syn, 200),
        .. Frame(YamuxFrameType.WindowUpdate, YamuxFlags.None, 1, 1 << 20),
        .. Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Ack, 1, uint.MaxValue >> 1),
        .. Data(1, YamuxFlags.None, 300),
        .. Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Fin, 1, 0),
    ];

    private static byte[] Many() =>
        [.. Enumerable.Range(0, 12).SelectMany(static number => Data((uint)((2 * number) + 1), number % 3 == 0 ? YamuxFlags.Syn | YamuxFlags.Fin : YamuxFlags.Syn, number))];

    private static byte[] Data(uint stream, YamuxFlags flags, int length) => [.. Frame(YamuxFrameType.Data, flags, stream, (uint)length), .. new byte[length]];

    private static byte[] Frame(YamuxFrameType type, YamuxFlags flags, uint stream, uint length)
    {
        byte[] bytes = new byte[YamuxFrameHeader.Size];
        new YamuxFrameHeader(type, flags, stream, length).Write(bytes);
        return bytes;
    }

    /// <returns>Null if the session found a violation.</returns>
    private static byte[]? Read(byte[] bytes)
    {
        SimulationWorld world = new();
        CountingPool pool = new();
        MuxerEnd? end = null;
        int left = -1;
        world.Run(async () =>
        {
            IMuxer muxer = new YamuxMuxerFactory(Options, world.Time, world, pool).Create(new ScriptedStream(bytes), isDialer: false);
            await ServeAsync(muxer);
            end = await muxer.Completion;
            left = muxer.StreamCount;
        });
        return end is { Code: InternalError, ByPeer: false } || left != 0 || pool.Outstanding != 0
            ? throw new InvalidOperationException($"ended with {end}, {left} streams and {pool.Outstanding} bytes of buffers left")
            : end is { Code: 1, ByPeer: false } ? null : [];
    }

    private static async Task ServeAsync(IMuxer muxer)
    {
        List<Task> serving = [];
        while (await muxer.AcceptStreamAsync(CancellationToken.None) is { } stream)
        {
            serving.Add(EchoAsync(stream));
        }

        await Task.WhenAll(serving);
    }

    private static async Task EchoAsync(IMuxedStream stream)
    {
        byte[] buffer = new byte[512];
        try
        {
            for (int count; (count = await stream.ReadAsync(buffer, CancellationToken.None)) > 0;)
            {
                await stream.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
            }
        }
        catch (NetworkException)
        {
            // The peer reset the stream, or the session has ended.
        }

        await stream.CloseAsync();
    }
}
