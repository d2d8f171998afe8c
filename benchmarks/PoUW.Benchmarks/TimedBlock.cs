using System.Diagnostics;
using System.Runtime;

namespace PoUW.Benchmarks;

/// <summary>A block of equal calls on the calling thread, long enough that reading the clocks costs nothing beside it.</summary>
public sealed class TimedBlock
{
    private const double BlockSeconds = 0.02;
    private const int WarmCalls = 64;

    // The runtime promotes a method once 100 ms have passed without new ones, and does so twice (instrumented code comes between),
    // so a window without a compilation must be longer than that.
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan WarmLimit = TimeSpan.FromSeconds(10);

    private readonly Action _work;
    private readonly int _calls;

    private TimedBlock(Action work, int calls)
    {
        _work = work;
        _calls = calls;
    }

    /// <summary>
    /// Repeats the work until the JIT compiler has been idle for a while (its code is optimised by then) and chooses the number of
    /// calls of a block.
    /// </summary>
    public static TimedBlock Warm(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        int calls = 0;
        long compiled;
        do
        {
            compiled = JitInfo.GetCompiledMethodCount();
            long window = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(window) < Window)
            {
                work();
                calls++;
            }
        }
        while (Stopwatch.GetElapsedTime(start) < WarmLimit
            && (JitInfo.GetCompiledMethodCount() != compiled || (calls < WarmCalls && Stopwatch.GetElapsedTime(start) < CallLimit)));

        var one = new TimedBlock(work, 1);
        double seconds = Math.Max(Math.Min(one.Run().WallSeconds, one.Run().WallSeconds), 1e-7);
        return new TimedBlock(work, Math.Max(1, (int)Math.Round(BlockSeconds / seconds)));
    }

    /// <summary>Runs the block once, after a call that is not timed and brings back what the other side has pushed out of the caches.</summary>
    public BlockTime Run()
    {
        _work();
        double cpu = CpuStopwatch.ThreadCpuSeconds();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < _calls; i++)
        {
            _work();
        }

        double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double spent = OperatingSystem.IsLinux() ? CpuStopwatch.ThreadCpuSeconds() - cpu : wall;
        return new BlockTime(spent / _calls, wall / _calls);
    }
}
