using System.Diagnostics;
using System.Globalization;

namespace PoUW.Benchmarks;

/// <summary>How much of the machine other programs used while something was measured (Linux only).</summary>
public sealed class MachineLoad
{
    // Columns of the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; in hundredths of a second.
    private static readonly int[] BusyColumns = [1, 2, 3, 6, 7, 8];

    private readonly Process[] _involved;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly double _busy;
    private readonly double _own;

    private MachineLoad(Process[] involved)
    {
        _involved = involved;
        _busy = BusySeconds() ?? 0;
        _own = OwnSeconds();
    }

    /// <summary>Begins to watch.</summary>
    /// <param name="peer">A child that takes part in the measurement.</param>
    public static MachineLoad Watch(Process? peer) => new(peer is null ? [] : [peer]);

    /// <summary>Processors that others kept busy on average since the start; null where the system does not say.</summary>
    public double? Others()
    {
        double seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        return BusySeconds() is { } busy ? Math.Max(0, busy - _busy - (OwnSeconds() - _own)) / seconds : null;
    }

    private static double? BusySeconds()
    {
        const string Statistics = "/proc/stat";
        if (!File.Exists(Statistics))
        {
            return null;
        }

        string[] fields = File.ReadLines(Statistics).First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return BusyColumns.Sum(c => long.Parse(fields[c], CultureInfo.InvariantCulture)) / 100.0;
    }

    private double OwnSeconds()
    {
        double seconds = Environment.CpuUsage.TotalTime.TotalSeconds;
        foreach (Process process in _involved)
        {
            process.Refresh();
            seconds += process.TotalProcessorTime.TotalSeconds;
        }

        return seconds;
    }
}
