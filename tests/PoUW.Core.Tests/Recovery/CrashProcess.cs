using System.Diagnostics;
using System.Globalization;

namespace PoUW.Core.Tests.Recovery;

/// <summary>Starts the process that imports and kills it.</summary>
/// <param name="command">Program and arguments that run this assembly's entry point.</param>
/// <param name="scriptFolder">Where the script is.</param>
internal sealed class CrashProcess(IReadOnlyList<string> command, string scriptFolder)
{
    /// <summary>Lets it run until it has acknowledged so many blocks and some ticks have passed, then kills it without notice.</summary>
    /// <param name="storeFolder">The folder of the store.</param>
    /// <param name="first">The first block to import.</param>
    /// <param name="lines">After how many lines, the one of the opening counted; 0 to kill it some time after its start.</param>
    /// <param name="delay">How long to wait then; null to let it run to its end.</param>
    internal CrashLife Run(string storeFolder, int first, int lines, TimeSpan? delay)
    {
        using Process process = Start([.. command], storeFolder, first);
        int seen = 0;
        CrashLife life = new(first, false, false, 0, "");
        while ((delay is null || seen < lines) && process.StandardOutput.ReadLine() is { } line)
        {
            life = Hear(life, line);
            seen++;
        }

        if (delay is { } wait)
        {
            Wait(wait, process);
            process.Kill();
        }

        while (process.StandardOutput.ReadLine() is { } line)
        {
            life = Hear(life, line);
        }

        process.WaitForExit();

        // 128 + SIGKILL.
        return life with { Killed = process.ExitCode == 137, ExitCode = process.ExitCode };
    }

    /// <summary>Lets it run to its end in a shell that prepares its limits first.</summary>
    internal CrashLife RunIn(string shell, string storeFolder, int first)
    {
        using Process process = Start(["bash", "-c", $"{shell}; exec \"$@\"", "bash", .. command], storeFolder, first);
        CrashLife life = new(first, false, false, 0, "");
        while (process.StandardOutput.ReadLine() is { } line)
        {
            life = Hear(life, line);
        }

        process.WaitForExit();
        return life with { ExitCode = process.ExitCode };
    }

    /// <summary>Lets it run to its end and calls back after some lines.</summary>
    internal CrashLife RunWith(string storeFolder, int first, int lines, Action then)
    {
        using Process process = Start([.. command], storeFolder, first);
        CrashLife life = new(first, false, false, 0, "");
        int seen = 0;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            life = Hear(life, line);
            if (++seen == lines)
            {
                then();
            }
        }

        process.WaitForExit();
        return life with { ExitCode = process.ExitCode };
    }

    private Process Start(IReadOnlyList<string> program, string storeFolder, int first)
    {
        ProcessStartInfo start = new(program[0], program.Skip(1))
        {
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add(CrashChild.Verb);
        start.ArgumentList.Add(storeFolder);
        start.ArgumentList.Add(scriptFolder);
        start.ArgumentList.Add(first.ToString(CultureInfo.InvariantCulture));

        // Otherwise the runtime maps a file larger than the limits that some runs set.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        return Process.Start(start) ?? throw new InvalidOperationException("The process did not start.");
    }

    private static void Wait(TimeSpan delay, Process process)
    {
        if (delay >= TimeSpan.FromMilliseconds(20))
        {
            process.WaitForExit(delay);
            return;
        }

        // Too short for the scheduler: the moment shall be anywhere within an import.
        long end = Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            Thread.SpinWait(20);
        }
    }

    private static CrashLife Hear(CrashLife life, string line)
    {
        if (!line.EndsWith('.'))
        {
            return life;
        }

        string[] words = line.TrimEnd('.').Split(' ');
        return words[0] switch
        {
            "O" => life with { Opened = true, LastLine = line },
            "A" => life with { Acknowledged = int.Parse(words[1], CultureInfo.InvariantCulture) + 1, LastLine = line },
            _ => life with { LastLine = line },
        };
    }
}
