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
        Dictionary<string, List<string>> digests = BackendConformance.Operations.ToDictionary(static name => name, static _ => new List<string>());
        bool equal = true;
        foreach ((string[] lines, bool succeeded) in SwitchedOff.AsParallel().AsOrdered().Select(features => Child(features, cases)))
        {
            equal &= succeeded;
            Console.Error.WriteLine($"path: {lines.FirstOrDefault()}");
            foreach (string[] words in lines.Skip(1).Select(static line => line.Split(' ', 3)))
            {
                digests[words[0]].Add(words[1]);
                if (words.Length > 2)
                {
                    Console.Error.WriteLine($"{words[0]} differs on {lines[0]}: {words[2]}");
                }
            }
        }

        foreach ((string operation, List<string> found) in digests)
        {
            bool one = found.Count == SwitchedOff.Length && found.Distinct(StringComparer.Ordinal).Count() == 1;
            equal &= one;
            Console.WriteLine(
                $$"""{"operation":"{{operation}}","cases":{{cases}},"paths":{{found.Count}},"digest":"{{found.FirstOrDefault()}}","ok":{{(one ? "true" : "false")}}}""");
        }

        return equal;
    }

    /// <summary>The child: prints what is in force, then name, digest and first difference of each operation.</summary>
    /// <returns>True if nothing differs.</returns>
    public static bool RunHere(int cases)
    {
        bool equal = true;
        int bits = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;
        Console.WriteLine($"{KernelSelfTest.Best()}, {bits}-bit vectors");
        CpuBackend[] backends = [.. TeamSizes.Select(static threads => new CpuBackend(threads))];
        BackendConformance conformance = new(Seed, backends);
        foreach (string operation in BackendConformance.Operations)
        {
            ConformanceReport report = conformance.Run(operation, cases);
            equal &= report.Mismatch is null;
            Console.WriteLine($"{operation} {report.Digest} {report.Mismatch}".TrimEnd());
        }

        Array.ForEach(backends, static backend => backend.Dispose());
        return equal;
    }

    private static (string[] Lines, bool Succeeded) Child(string[] switchedOff, int cases)
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
        return (output.Split('\n', StringSplitOptions.RemoveEmptyEntries), child.ExitCode == 0);
    }
}
