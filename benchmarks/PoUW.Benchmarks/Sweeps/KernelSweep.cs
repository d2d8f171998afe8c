using System.Diagnostics;
using System.Runtime.Intrinsics;
using PoUW.Compute.Backends;
using PoUW.Simulation.Conformance;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>
/// Seeded calls of every operation on every processor path, with 1, 2 and 4 threads, against the definition. A path is this program as
/// a child process with features of the processor switched off, so that the backend chooses as it would on such a machine.
/// </summary>
internal static class KernelSweep
{
    /// <summary>Name on the command line.</summary>
    public const string Name = "kernels";

    private const ulong Seed = 4;

    private static readonly int[] TeamSizes = [1, 2, 4];

    private static readonly string[][] SwitchedOff =
        [[], ["EnableAVX512"], ["EnableAVX512", "EnableAVXVNNI"], ["EnableAVX2"], ["EnableHWIntrinsic"]];

    /// <summary>Runs all paths and prints one line an operation.</summary>
    /// <returns>True if every result is that of the definition and all digests are equal.</returns>
    public static bool Run(int cases)
    {
        Dictionary<string, HashSet<string>> digests = new(StringComparer.Ordinal);
        Dictionary<string, int> runs = new(StringComparer.Ordinal);
        bool equal = true;
        foreach (string[] features in SwitchedOff)
        {
            string[] lines = Child(features, cases, out bool succeeded);
            equal &= succeeded;
            Console.Error.WriteLine($"path: {lines.FirstOrDefault()}");
            foreach (string[] words in lines.Skip(1).Select(static line => line.Split(' ', 4)))
            {
                digests.TryAdd(words[0], new HashSet<string>(StringComparer.Ordinal));
                digests[words[0]].Add(words[2]);
                runs[words[0]] = runs.GetValueOrDefault(words[0]) + 1;
                if (words.Length > 3)
                {
                    Console.Error.WriteLine($"{words[0]} differs on {lines[0]}, {words[1]} threads: {words[3]}");
                }
            }
        }

        foreach (string operation in BackendConformance.Operations)
        {
            bool one = digests.TryGetValue(operation, out HashSet<string>? found) && found.Count == 1;
            bool complete = runs.GetValueOrDefault(operation) == SwitchedOff.Length * TeamSizes.Length;
            equal &= one && complete;
            Console.WriteLine(
                $$"""{"operation":"{{operation}}","cases":{{cases}},"runs":{{runs.GetValueOrDefault(operation)}},"digest":"{{found?.FirstOrDefault()}}","ok":{{(one && complete ? "true" : "false")}}}""");
        }

        return equal;
    }

    /// <summary>The child: prints what is in force, then name, threads, digest and first difference of each operation.</summary>
    /// <returns>True if nothing differs.</returns>
    public static bool RunHere(int cases)
    {
        bool equal = true;
        int bits = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;
        Console.WriteLine($"{KernelSelfTest.Best()}, {bits}-bit vectors");
        foreach (int threads in TeamSizes)
        {
            using CpuBackend backend = new(threads);
            BackendConformance conformance = new(backend, Seed);
            foreach (string operation in BackendConformance.Operations)
            {
                ConformanceReport report = conformance.Run(operation, cases);
                equal &= report.Mismatch is null;
                Console.WriteLine($"{operation} {threads} {report.Digest} {report.Mismatch}".TrimEnd());
            }
        }

        return equal;
    }

    private static string[] Child(string[] switchedOff, int cases, out bool succeeded)
    {
        ProcessStartInfo start = new("dotnet", ["exec", typeof(KernelSweep).Assembly.Location, "--sweep", Name, "--here", $"{cases}"])
        {
            RedirectStandardOutput = true,
        };
        foreach (string feature in switchedOff)
        {
            start.Environment[$"DOTNET_{feature}"] = "0";
        }

        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        succeeded = child.ExitCode == 0;
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
