using System.Diagnostics;
using System.Globalization;
using PoUW.Core.Tests.Recovery;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>
/// Kills a process that imports a chain into a SQLite store, damages the files of what it left, fills its disk: every acknowledged block must
/// be there and every answer right, or the damage named and repaired. The harness is that of the tests of PoUW.Core.
/// </summary>
internal static class CrashSweep
{
    /// <summary>Name on the command line.</summary>
    public const string Name = "crashes";

    private const int Blocks = 300;

    /// <summary>Runs and prints a line for each violation and a JSON line at the end.</summary>
    /// <param name="kills">How many processes to kill.</param>
    /// <param name="tears">How many stores to damage.</param>
    /// <param name="seed">Decides everything but the moments of the kills.</param>
    /// <returns>True if nothing went wrong.</returns>
    public static bool Run(int kills, int tears, int seed)
    {
        string folder = Directory.CreateTempSubdirectory("pouw-crashes-").FullName;
        try
        {
            long start = Stopwatch.GetTimestamp();
            string[] command = ["dotnet", "exec", typeof(CrashSweep).Assembly.Location];
            using CrashHarness harness = new(command, folder, seed, Math.Min(Blocks, 40 + (kills * 8)), Console.Error.WriteLine);
            harness.Run(kills, tears);
            harness.RunLimits();
            Print(harness.Tally, seed, Stopwatch.GetElapsedTime(start));
            return harness.Tally.Violations.Count == 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Print(CrashTally tally, int seed, TimeSpan time) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"sweep\":\"{Name}\",\"seed\":{seed},\"kills\":{tally.Kills},\"early\":{tally.EarlyKills},\"acknowledged\":{tally.Acknowledged},"
        + $"\"completed\":{tally.Completed},\"tears\":{tally.Tears},\"intact\":{tally.Intact},\"refused\":{tally.Refused},\"found\":{tally.Found},"
        + $"\"repaired\":{tally.Repaired},\"salvaged\":{tally.Salvaged},\"fileLimit\":\"{tally.FileLimit}\",\"diskFull\":\"{tally.DiskFull}\","
        + $"\"readOnly\":\"{tally.ReadOnly}\",\"violations\":{tally.Violations.Count},\"seconds\":{time.TotalSeconds:F0}}}"));
}
