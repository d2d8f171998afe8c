using System.Globalization;
using System.Runtime.Intrinsics;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Simulation.Conformance;

namespace PoUW.Compute.Tests.Conformance;

/// <summary>
/// Entry point of the child process: runs the conformance cases on the backend that this process chooses by itself and prints what is
/// in force, then one line an operation and team size.
/// </summary>
internal static class ConformanceProgram
{
    public const ulong Seed = 20260101;

    public static int Main(string[] arguments)
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
