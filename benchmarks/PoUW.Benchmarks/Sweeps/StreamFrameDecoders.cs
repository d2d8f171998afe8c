using PoUW.Network;
using PoUW.Network.Gossip;
using PoUW.Network.Requests;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Support;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>The readers of streams: what a peer sends is all of it, then the stream ends. A violation of the peer is a refusal.</summary>
internal static class StreamFrameDecoders
{
    private const int MaxMessageBytes = 1 << 20;

    /// <summary>A reader takes 64 KiB at once for whatever is announced, and more only as bytes arrive.</summary>
    private const int FirstBufferBytes = 80 * 1024;

    public static IEnumerable<FrameDecoder> All =>
    [
        new("delimited messages", [[.. Message(5), .. Message(200), .. Message(0)]], static bytes => ReadMessages(bytes), FixedBytes: FirstBufferBytes),
        new(
            "answer to a request",
            [[(byte)RequestStatus.Ok, .. Message(200)], [(byte)RequestStatus.NotFound], [(byte)RequestStatus.Refused]],
            static bytes => ReadAnswer(bytes),
            FixedBytes: FirstBufferBytes),
        new("gossip frames", [[.. Message(5), .. Message(200), .. Message(0), .. Message(90)]], static bytes => ReadGossip(bytes)),
        YamuxFrames.Decoder,
    ];

    private static byte[] Message(int length) => DelimitedMessages.Encode(new byte[length]);

    private static byte[]? ReadMessages(byte[] bytes)
    {
        using MemoryStream written = new();
        return IsRead(ReadAllAsync()) ? written.ToArray() : null;

        async ValueTask ReadAllAsync()
        {
            ScriptedStream stream = new(bytes);
            while (await DelimitedMessages.ReadAsync(stream, MaxMessageBytes, CancellationToken.None) is { } message)
            {
                written.Write(DelimitedMessages.Encode(message));
            }
        }
    }

    private static byte[]? ReadAnswer(byte[] bytes)
    {
        ScriptedStream answer = new([]);
        return IsRead(ReadAsync()) ? answer.Written : null;

        async ValueTask ReadAsync()
        {
            RequestResult result = await RequestWire.ReadAnswerAsync(new ScriptedStream(bytes), MaxMessageBytes, CancellationToken.None);
            await RequestWire.WriteAnswerAsync(answer, result.Status, result.Response, CancellationToken.None);
        }
    }

    private static byte[]? ReadGossip(byte[] bytes)
    {
        using MemoryStream written = new();
        return IsRead(ReadAllAsync()) ? written.ToArray() : null;

        async ValueTask ReadAllAsync()
        {
            using GossipFrameReader reader = new(new ScriptedStream(bytes), MaxMessageBytes);
            while (await reader.ReadAsync(CancellationToken.None) is { } frame)
            {
                written.Write(DelimitedMessages.Encode(frame.Span));
            }
        }
    }

    /// <summary>A script never waits, so neither does its reader.</summary>
    private static bool IsRead(ValueTask reading)
    {
        try
        {
            reading.GetAwaiter().GetResult();
            return true;
        }
        catch (NetworkException failure) when (failure.Error == NetworkError.ProtocolViolation)
        {
            return false;
        }
    }
}
