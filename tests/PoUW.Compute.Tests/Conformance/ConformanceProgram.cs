using System.Globalization;
using System.Runtime.Intrinsics;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Runners;
using PoUW.Simulation.Conformance;

namespace PoUW.Compute.Tests.Conformance;

/// <summary>
/// Entry point of the child process: runs the conformance cases on the backend that this process chooses by itself and prints what is
/// in force, then one line an operation and team size.
/// </summary>
internal static class ConformanceProgram
{
    public const ulong Seed = 20260101;

    /// <summary>How models are trained: threads, and whether the machine runs them.</summary>
    public static IReadOnlyList<(string Name, int Threads, bool Machine)> Runs { get; } =
        [("eager-1", 1, false), ("eager-2", 2, false), ("eager-4", 4, false), ("machine-1", 1, true), ("machine-4", 4, true)];

    public static int Main(string[] arguments) => arguments[0] switch
    {
        "models" => TrainModels(arguments[1]),
        "tickets" => TileWork.TicketProgram.Run(),
        _ => RunOperations(arguments),
    };

    /// <summary>Prints model, run and hash.</summary>
    private static int TrainModels(string steps)
    {
        foreach (string model in ModelConformance.Models)
        {
            foreach ((string name, int threads, bool machine) in Runs)
            {
                using CpuBackend backend = new(threads);
                string hash = ModelConformance.Train(
                    model, int.Parse(steps, CultureInfo.InvariantCulture),
                    compiled => machine ? new MachineRunner(compiled, backend) : new EagerRunner(compiled, backend));
                Console.WriteLine($"{model} {name} {hash}");
            }
        }

        return 0;
    }

    private static int RunOperations(string[] arguments)
    {
        int cases = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        Console.WriteLine(InForce());
        bool failed = false;
        using CpuBackend one = new(1);
        using CpuBackend two = new(2);
        using CpuBackend four = new(4);
        BackendConformance conformance = new(Seed, one, two, four);
        foreach (string operation in BackendConformance.Operations)
        {
            ConformanceReport report = conformance.Run(operation, cases);
            Console.WriteLine($"{operation} {report.Digest} {report.Mismatch}".TrimEnd());
            failed |= report.Mismatch is not null;
        }

        return failed ? 1 : 0;
    }

    /// <summary>The kernels that a new backend uses, and the widest vectors that the machine has.</summary>
    public static string InForce()
    {
        using CpuBackend backend = new();
        int bits = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;
        return $"{backend.Kernel} {FloatGemm.For(backend.Kernel)} {bits}";
    }
}
