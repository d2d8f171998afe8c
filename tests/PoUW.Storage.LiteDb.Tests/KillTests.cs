using System.Diagnostics;
using System.Globalization;
using PoUW.Core.Tests.Storage;

namespace PoUW.Storage.LiteDb.Tests;

/// <summary>
/// Kills a process that writes, again and again on the same store: every batch that it spoke of must be there, and at most the one after it, whole. The
/// environment variable POUW_KILLS asks for more kills than the few of a test run.
/// </summary>
[TestFixture]
public sealed class KillTests
{
    private const int FewKills = 4;

    [Test]
    public void Killed_processes_lose_nothing_that_they_spoke_of()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("store.db");
        Random random = new(1);
        int kills = int.TryParse(Environment.GetEnvironmentVariable("POUW_KILLS"), CultureInfo.InvariantCulture, out int more) ? more : FewKills;
        int acknowledged = 0;
        for (int i = 0; i < kills; i++)
        {
            acknowledged = Math.Max(acknowledged, RunAndKill(file, 1 + random.Next(20), random.Next(2) == 0 ? 0 : random.Next(3000)));
            using LiteDbKeyValueStore store = new(file);
            int last = KillChild.Read(store);
            Assert.That(last, Is.InRange(acknowledged, acknowledged + 1), $"kill {i}");
            Assert.That(KillChild.Problem(store, last), Is.Null, $"kill {i}");
            Assert.That(store.CheckIntegrity(), Is.Empty, $"kill {i}");
            acknowledged = last;
        }

        TestContext.Out.WriteLine($"{kills} kills, {acknowledged} batches");
    }

    /// <summary>Kills after some batches and some microseconds of the next one.</summary>
    /// <returns>The last batch that the process spoke of.</returns>
    private static int RunAndKill(string file, int batches, int microseconds)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(typeof(KillChild).Assembly.Location);
        start.ArgumentList.Add(file);
        using Process child = Process.Start(start)!;
        int last = 0;
        for (int i = 0; i < batches && child.StandardOutput.ReadLine() is { } line; i++)
        {
            last = int.Parse(line, CultureInfo.InvariantCulture);
        }

        long begin = Stopwatch.GetTimestamp();
        SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(begin).TotalMicroseconds >= microseconds);
        child.Kill();
        while (child.StandardOutput.ReadLine() is { } line)
        {
            last = int.TryParse(line, CultureInfo.InvariantCulture, out int number) ? number : last;
        }

        child.WaitForExit();
        Assert.That(last, Is.Positive, "the process wrote nothing");
        return last;
    }
}
