using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PoUW.Benchmarks;

/// <summary>Times work on the calling thread by CPU time and by wall time.</summary>
public static class CpuStopwatch
{
    // CLOCK_THREAD_CPUTIME_ID of Linux.
    private const int ThreadCpuClock = 3;

    /// <summary>Repeats <paramref name="work"/> and returns the best time of one call.</summary>
    /// <param name="repeats">Measured calls, after one for warming up.</param>
    /// <param name="work">What to time.</param>
    public static (double CpuSeconds, double WallSeconds) Best(int repeats, Action work)
    {
        work();
        (double cpu, double wall) = (double.MaxValue, double.MaxValue);
        for (int i = 0; i < repeats; i++)
        {
            double cpuStart = ThreadCpuSeconds();
            long start = Stopwatch.GetTimestamp();
            work();
            wall = Math.Min(wall, Stopwatch.GetElapsedTime(start).TotalSeconds);
            cpu = Math.Min(cpu, ThreadCpuSeconds() - cpuStart);
        }

        // Where the system has no such clock, wall time stands in.
        return (OperatingSystem.IsLinux() ? cpu : wall, wall);
    }

    /// <summary>CPU seconds that the calling thread has used; 0 where the system has no such clock.</summary>
    public static double ThreadCpuSeconds()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        return clock_gettime(ThreadCpuClock, out TimeSpec time) == 0
            ? time.Seconds + (time.Nanoseconds * 1e-9)
            : throw new InvalidOperationException("The thread's CPU clock cannot be read.");
    }

    [DllImport("libc", ExactSpelling = true)]
    private static extern int clock_gettime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
