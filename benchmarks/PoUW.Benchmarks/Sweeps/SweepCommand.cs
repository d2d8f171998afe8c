using System.Globalization;
using PoUW.Benchmarks.Sweeps.Processes;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>The part of the command line that starts with --sweep.</summary>
public static class SweepCommand
{
    /// <summary>What to write after the program's name.</summary>
    public const string Usage =
        $"--sweep {Fp32Sweep.Name} [--step <n, at least 1>] [--only <function>], or --sweep {KernelSweep.Name} [--cases <n, at least 1>], "
        + $"or --sweep {FileSweep.Name} [--cases <n, at least 1>], or --sweep {CrashSweep.Name} [--kills <n>] [--tears <n>] [--seed <n>], "
        + $"or --sweep {SupplySweep.Name} [--cases <n, at least 1>], or --sweep {FrameSweep.Name} [--cases <n, at least 1>], "
        + $"or --sweep {AttackSweep.Name} [--cases <n, at least 1>], or --sweep {SimulationSweep.Name} [--cases <nodes, at least 8>], "
        + $"or --sweep {ProcessSweep.Name} [--validators <n, at least 4>] [--workers <n, at least 2>] [--epochs <n>] [--seconds <n>]";

    /// <summary>Runs the sweep that the arguments name.</summary>
    /// <returns>0 if all is equal, 1 if not, 64 if the arguments make no sense.</returns>
    public static int Run(string[] args)
    {
        if (args.Length >= 2 && args[1] == KernelSweep.Name)
        {
            return RunKernels(args);
        }

        if (args.Length >= 2 && args[1] == FileSweep.Name)
        {
            return RunFiles(args);
        }

        if (args.Length >= 2 && args[1] == CrashSweep.Name)
        {
            return RunCrashes(args);
        }

        if (args.Length >= 2 && args[1] == SupplySweep.Name)
        {
            return RunSupply(args);
        }

        if (args.Length >= 2 && args[1] == AttackSweep.Name)
        {
            return RunCases(args, 20, AttackSweep.Run);
        }

        if (args.Length >= 2 && args[1] == SimulationSweep.Name)
        {
            return RunCases(args, SimulationSweep.Whole, SimulationSweep.Run);
        }

        if (args.Length >= 2 && args[1] == FrameSweep.Name)
        {
            return RunCases(args, FrameSweep.Whole, FrameSweep.Run);
        }

        if (args.Length >= 2 && args[1] == ProcessSweep.Name)
        {
            return RunProcesses(args);
        }

        long step = 1;
        string? only = null;
        bool valid = args.Length >= 2 && args.Length % 2 == 0 && args[1] == Fp32Sweep.Name;
        for (int i = 2; valid && i < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--step":
                    valid = long.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out step)
                        && step is >= 1 and < 1L << 32;
                    break;
                case "--only":
                    only = args[i + 1];
                    valid = Fp32Sweep.Functions.Contains(only);
                    break;
                default:
                    valid = false;
                    break;
            }
        }

        if (!valid)
        {
            Console.Error.WriteLine($"usage: {Usage}");
            return 64;
        }

        return new Fp32Sweep().Run(step, only) ? 0 : 1;
    }

    private static int RunKernels(string[] args)
    {
        int cases = 1000;
        bool valid = args.Length is 2 or 4
            && (args.Length == 2 || (int.TryParse(args[3], NumberStyles.None, CultureInfo.InvariantCulture, out cases) && cases >= 1));
        switch (valid ? args.ElementAtOrDefault(2) ?? "--cases" : null)
        {
            case "--cases":
                return KernelSweep.Run(cases) ? 0 : 1;
            case "--here":
                return KernelSweep.RunHere(cases) ? 0 : 1;
            default:
                Console.Error.WriteLine($"usage: {Usage}");
                return 64;
        }
    }

    private static int RunFiles(string[] args) => RunCases(args, 100_000, FileSweep.Run);

    private static int RunSupply(string[] args) => RunCases(args, SupplySweep.Whole, SupplySweep.Run);

    private static int RunCases(string[] args, int cases, Func<int, bool> run)
    {
        bool valid = args.Length == 2 || (args.Length == 4 && args[2] == "--cases"
            && int.TryParse(args[3], NumberStyles.None, CultureInfo.InvariantCulture, out cases) && cases >= 1);
        if (!valid)
        {
            Console.Error.WriteLine($"usage: {Usage}");
            return 64;
        }

        return run(cases) ? 0 : 1;
    }

    private static int RunCrashes(string[] args)
    {
        (int kills, int tears, int seed) = (200, 50, 1);
        bool valid = args.Length % 2 == 0;
        for (int i = 2; valid && i < args.Length; i += 2)
        {
            valid = int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int value);
            switch (args[i])
            {
                case "--kills":
                    kills = value;
                    break;
                case "--tears":
                    tears = value;
                    break;
                case "--seed":
                    seed = value;
                    break;
                default:
                    valid = false;
                    break;
            }
        }

        if (!valid)
        {
            Console.Error.WriteLine($"usage: {Usage}");
            return 64;
        }

        return CrashSweep.Run(kills, tears, seed) ? 0 : 1;
    }

    private static int RunProcesses(string[] args)
    {
        ProcessSweepOptions options = ProcessSweepOptions.Whole;
        bool valid = args.Length % 2 == 0;
        for (int i = 2; valid && i < args.Length; i += 2)
        {
            valid = int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int value);
            (options, bool known) = args[i] switch
            {
                "--validators" => (options with { Validators = value }, value >= 4),
                "--workers" => (options with { Workers = value }, value >= 2),
                "--epochs" => (options with { Epochs = value }, value >= 1),
                "--seconds" => (options with { Seconds = value }, value >= 1),
                _ => (options, false),
            };
            valid &= known;
        }

        if (!valid)
        {
            Console.Error.WriteLine($"usage: {Usage}");
            return 64;
        }

        return ProcessSweep.Run(options) ? 0 : 1;
    }
}
