using System.Globalization;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Compute.StateDicts.Safetensors;
using PoUW.Compute.Tests.StateDicts;
using PoUW.Core.Validation;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>
/// Reads damaged state-dict files, made from those of the tests: each must be read or refused by a result with a field and a message, and
/// reading must not allocate more than twice the file and the slack of the limits. Every other case has no slack, so that the bound is
/// felt by files of a few kilobytes.
/// </summary>
internal static class FileSweep
{
    /// <summary>Name on the command line.</summary>
    public const string Name = "files";

    /// <summary>Beside the slack of the limits: the reader itself, one refusal, and the 8 KiB by which the runtime counts.</summary>
    private const int Fixed = 1 << 14;
    private const int DefaultSlack = 1 << 18;
    private const int Seed = 6;

    /// <summary>Runs the cases, shared between the files, and prints a JSON line a file and one for all.</summary>
    /// <returns>True if nothing went wrong.</returns>
    public static bool Run(int cases)
    {
        string folder = FindFolder();
        string[] files = [.. Directory.GetFiles(folder).Where(f => Path.GetExtension(f) is ".pt" or ".safetensors").Order(StringComparer.Ordinal)];
        Tally all = default;
        for (int i = 0; i < files.Length; i++)
        {
            // The first files take what is left over.
            int share = (cases / files.Length) + (i < cases % files.Length ? 1 : 0);
            Tally tally = RunFile(files[i], share);
            Print(Path.GetFileName(files[i]), tally);
            all = new Tally(
                all.Cases + tally.Cases, all.Read + tally.Read, all.Failures + tally.Failures, Math.Max(all.WorstFactor, tally.WorstFactor));
        }

        Print("all", all);
        return all.Failures == 0 && all.Cases == cases;
    }

    private static Tally RunFile(string path, int cases)
    {
        byte[] original = File.ReadAllBytes(path);
        StateFileMutator mutator = new(Seed);
        bool safetensors = Path.GetExtension(path) == ".safetensors";
        TryRead(original, safetensors, DefaultSlack, out _, out _);
        Tally tally = new(cases, 0, 0, 0);
        for (int i = 0; i < cases; i++)
        {
            byte[] bytes = mutator.Mutate(original);
            int slack = i % 2 == 0 ? DefaultSlack : 0;
            bool good = TryRead(bytes, safetensors, slack, out long allocated, out bool read);
            double factor = Math.Max(0, allocated - slack - Fixed) / (double)Math.Max(bytes.Length, 1);
            if (!good || factor > 2)
            {
                Console.Error.WriteLine($"{path}: case {i}, {allocated} bytes allocated for {bytes.Length}");
            }

            tally = tally with
            {
                Read = tally.Read + (read ? 1 : 0),
                Failures = tally.Failures + (good && factor <= 2 ? 0 : 1),
                WorstFactor = Math.Max(tally.WorstFactor, factor),
            };
        }

        return tally;
    }

    private static bool TryRead(byte[] bytes, bool safetensors, int slack, out long allocated, out bool read)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        ValidationResult result;
        try
        {
            result = safetensors
                ? SafetensorFile.TryDecode(bytes, new SafetensorLimits { AllocationSlackBytes = slack }, out _)
                : PyTorchFile.TryRead(bytes, new PyTorchLimits { AllocationSlackBytes = slack }, out _);
        }
        catch (Exception e)
        {
            // Any exception at all is what the sweep looks for.
            Console.Error.WriteLine(e);
            result = default;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        read = result.IsValid && result.Field is not null;
        bool good = read || result is { Field.Length: > 0, Message.Length: > 0 };
        if (!good)
        {
            Console.Error.WriteLine(result);
        }

        return good;
    }

    private static void Print(string file, Tally tally) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"sweep\":\"{Name}\",\"file\":\"{file}\",\"cases\":{tally.Cases},\"read\":{tally.Read},"
        + $"\"refused\":{tally.Cases - tally.Read - tally.Failures},\"failures\":{tally.Failures},\"worstFactor\":{tally.WorstFactor:F2}}}"));

    private static string FindFolder()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "PoUW.Sdk.sln")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory?.FullName ?? ".", "tests", "PoUW.Compute.Tests", "Goldens", "pytorch");
    }

    private readonly record struct Tally(int Cases, int Read, int Failures, double WorstFactor);
}
