using System.Diagnostics;

namespace PoUW.Benchmarks.Network;

/// <summary>Moves bytes from a writer to a reader, both in this process, as fast as they go.</summary>
internal static class Transfer
{
    private const int StepBytes = 64 * 1024;

    /// <summary>Writes and reads so many bytes at the same time.</summary>
    /// <returns>CPU seconds of the process (both ends) and wall seconds, until the last byte was read.</returns>
    internal static BlockTime Run(
        long bytes, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write, Func<Memory<byte>, CancellationToken, ValueTask<int>> read)
    {
        using Process process = Process.GetCurrentProcess();
        TimeSpan cpu = process.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        Task writing = Task.Run(() => WriteAsync(bytes, write));
        Task reading = Task.Run(() => ReadAsync(bytes, read));
        Task.WaitAll(writing, reading);
        double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        return new BlockTime((process.TotalProcessorTime - cpu).TotalSeconds, wall);
    }

    private static async Task WriteAsync(long bytes, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write)
    {
        byte[] step = new byte[StepBytes];
        new Random(1).NextBytes(step);
        while (bytes > 0)
        {
            int count = (int)Math.Min(bytes, StepBytes);
            await write(step.AsMemory(0, count), CancellationToken.None);
            bytes -= count;
        }
    }

    private static async Task ReadAsync(long bytes, Func<Memory<byte>, CancellationToken, ValueTask<int>> read)
    {
        byte[] step = new byte[StepBytes];
        while (bytes > 0)
        {
            int count = await read(step, CancellationToken.None);
            bytes = count > 0 ? bytes - count : throw new InvalidOperationException("The stream ended early.");
        }
    }
}
