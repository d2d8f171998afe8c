using System.Diagnostics;
using PoUW.Benchmarks.Profiles;
using PoUW.Network.Muxing;

namespace PoUW.Benchmarks.Network;

/// <summary>The round trip of 64 bytes on an urgent stream: alone, and while a bulk stream of the same connection takes all it gets.</summary>
internal static class RoundTripFigures
{
    private const int MessageBytes = 64;
    private const int Trips = 3_000;
    private const int WarmTrips = 500;

    /// <summary>
    /// What waits before a message: one frame here, the send buffer below, the receive buffer over there. The buffers of the system hold up to 10 MiB on
    /// loopback, at more than 500 MiB/s.
    /// </summary>
    private const double GoalMicroseconds = 20_000;

    internal static async Task<IReadOnlyList<RatioFigure>> RunAsync()
    {
        await using MuxedLoopback connection = await MuxedLoopback.OpenAsync(isSecured: true);
        (IMuxedStream asking, IMuxedStream answering) = await connection.StreamAsync(StreamPriority.Urgent);
        Task echo = Task.Run(() => EchoAsync(answering));
        double[] idle = await Task.Run(() => AskAsync(asking));

        (IMuxedStream bulkIn, IMuxedStream bulkOut) = await connection.StreamAsync(StreamPriority.Bulk);
        using CancellationTokenSource stop = new();
        Task<long> drain = Task.Run(() => DrainAsync(bulkOut));
        Task fill = Task.Run(() => FillAsync(bulkIn, stop.Token));
        long start = Stopwatch.GetTimestamp();
        double[] busy = await Task.Run(() => AskAsync(asking));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await stop.CancelAsync();
        await fill;
        double rate = await drain / seconds / (1024 * 1024);
        await asking.CloseWritingAsync();
        await echo;
        return
        [
            Figure("network.roundtrip.alone.p50", idle, 0.5, null),
            Figure("network.roundtrip.alone.p99", idle, 0.99, null),
            Figure("network.roundtrip.bulk.p50", busy, 0.5, null),
            Figure("network.roundtrip.bulk.p99", busy, 0.99, GoalMicroseconds),
            new RatioFigure("network.roundtrip.bulk.rate", rate, "MiB/s of bulk meanwhile", rate, "", null, null),
        ];
    }

    private static RatioFigure Figure(string name, double[] sorted, double part, double? goal)
    {
        double value = Quantile.At(sorted, part);
        return new RatioFigure(name, value, "us", value, "", null, goal, LowerIsBetter: true);
    }

    private static async Task<double[]> AskAsync(IMuxedStream stream)
    {
        byte[] message = new byte[MessageBytes];
        List<double> times = [];
        for (int i = 0; i < WarmTrips + Trips; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await stream.WriteAsync(message, CancellationToken.None);
            for (int left = MessageBytes; left > 0;)
            {
                left -= await stream.ReadAsync(message.AsMemory(0, left), CancellationToken.None);
            }

            if (i >= WarmTrips)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        }

        return [.. times.Order()];
    }

    private static async Task EchoAsync(IMuxedStream stream)
    {
        byte[] buffer = new byte[MessageBytes];
        int count;
        while ((count = await stream.ReadAsync(buffer, CancellationToken.None)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
        }

        await stream.CloseAsync();
    }

    private static async Task FillAsync(IMuxedStream stream, CancellationToken stop)
    {
        byte[] step = new byte[64 * 1024];
        while (!stop.IsCancellationRequested)
        {
            await stream.WriteAsync(step, CancellationToken.None);
        }

        await stream.CloseWritingAsync();
    }

    private static async Task<long> DrainAsync(IMuxedStream stream)
    {
        byte[] buffer = new byte[64 * 1024];
        long total = 0;
        int count;
        while ((count = await stream.ReadAsync(buffer, CancellationToken.None)) > 0)
        {
            total += count;
        }

        return total;
    }
}
