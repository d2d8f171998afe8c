using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Vm.Tests.Arithmetic;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>
/// Goes through the bit patterns of binary32 and compares, for each function, the kernels of every width with the definition bit by bit,
/// and the definition with a reference. A step of 1 takes all 2^32 arguments and is the proof that no argument differs on this machine.
/// </summary>
public sealed class Fp32Sweep
{
    /// <summary>The name on the command line.</summary>
    public const string Name = "fp32";

    private const long Arguments = 1L << 32;
    private const int Block = 1 << 16;

    private static readonly CpuKernel[] Kernels = [CpuKernel.Avx512, CpuKernel.Avx2, CpuKernel.Portable];

    private readonly float[] _arguments = new float[Block];
    private readonly float[] _expected = new float[Block];
    private readonly float[] _found = new float[Block];

    private delegate void Kernel(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result);

    /// <summary>The names of the functions.</summary>
    public static IEnumerable<string> Functions => Fp32Reference.All.Select(function => function.Name);

    /// <summary>Runs the sweep and prints a JSON line a function.</summary>
    /// <param name="step">Distance of the bit patterns, 1 for all of them.</param>
    /// <param name="only">The name of one function, or null for all.</param>
    /// <returns>True if no bit differed, nothing monotonic ran backwards and every error stayed below 0.501 ulp.</returns>
    public bool Run(long step, string? only)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        bool good = true;
        foreach (Fp32Reference function in Fp32Reference.All.Where(f => only is null || f.Name == only))
        {
            good &= RunFunction(function, step);
        }

        return good;
    }

    private static Kernel KernelOf(string name) => name switch
    {
        "exp" => Fp32Kernels.Exp,
        "log" => Fp32Kernels.Log,
        "tanh" => Fp32Kernels.Tanh,
        "sigmoid" => Fp32Kernels.Sigmoid,
        "rsqrt" => Fp32Kernels.Rsqrt,
        "erf" => Fp32Kernels.Erf,
        "gelu" => Fp32Kernels.Gelu,
        "geluGradient" => Fp32Kernels.GeluGradient,
        "cosTwoPi" => Fp32Kernels.CosTwoPi,
        "sinTwoPi" => Fp32Kernels.SinTwoPi,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No kernel of this name."),
    };

    private bool RunFunction(Fp32Reference function, long step)
    {
        Kernel kernel = KernelOf(function.Name);
        SweepTally tally = default;
        long start = Stopwatch.GetTimestamp();
        for (long from = 0; from < Arguments; from += Block * step)
        {
            int count = (int)Math.Min(Block, (Arguments - from + step - 1) / step);
            for (int i = 0; i < count; i++)
            {
                _arguments[i] = BitConverter.UInt32BitsToSingle((uint)(from + (i * step)));
                _expected[i] = function.Definition(_arguments[i]);
            }

            tally.Inputs += count;
            CountMismatches(kernel, count, ref tally);
            Measure(function, count, ref tally);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"sweep\":\"{Name}\",\"function\":\"{function.Name}\",\"step\":{step},\"inputs\":{tally.Inputs},\"maxUlp\":{tally.MaxUlp:F9},"
            + $"\"maxUlpAt\":\"{BitConverter.SingleToUInt32Bits(tally.MaxUlpAt):x8}\",\"mismatches\":{tally.Mismatches},"
            + $"\"monotonicBreaks\":{tally.Breaks},\"seconds\":{seconds:F1}}}"));
        return tally.Mismatches == 0 && tally.Breaks == 0 && tally.MaxUlp < 0.501;
    }

    private void CountMismatches(Kernel kernel, int count, ref SweepTally tally)
    {
        foreach (CpuKernel width in Kernels)
        {
            kernel(width, _arguments.AsSpan(0, count), _found.AsSpan(0, count));

            // The comparison of bytes is the fast way past the usual case.
            if (Bytes(_found, count).SequenceEqual(Bytes(_expected, count)))
            {
                continue;
            }

            for (int i = 0; i < count; i++)
            {
                tally.Mismatches += BitConverter.SingleToInt32Bits(_found[i]) != BitConverter.SingleToInt32Bits(_expected[i]) ? 1 : 0;
            }
        }
    }

    private static ReadOnlySpan<byte> Bytes(float[] values, int count) => MemoryMarshal.AsBytes(values.AsSpan(0, count));

    private void Measure(Fp32Reference function, int count, ref SweepTally tally)
    {
        for (int i = 0; i < count; i++)
        {
            double error = function.UlpError(_arguments[i], _expected[i]);
            if (error > tally.MaxUlp)
            {
                (tally.MaxUlp, tally.MaxUlpAt) = (error, _arguments[i]);
            }

            // The first argument of a sign has no neighbour before it.
            bool adjacent = tally.HasLast && float.IsNegative(tally.LastArgument) == float.IsNegative(_arguments[i]);
            tally.Breaks += adjacent && function.IsBreak(_arguments[i], tally.LastResult, _expected[i]) ? 1 : 0;
            (tally.HasLast, tally.LastArgument, tally.LastResult) = (true, _arguments[i], _expected[i]);
        }
    }

    private struct SweepTally
    {
        public long Inputs;
        public long Mismatches;
        public long Breaks;
        public double MaxUlp;
        public float MaxUlpAt;
        public bool HasLast;
        public float LastArgument;
        public float LastResult;
    }
}
