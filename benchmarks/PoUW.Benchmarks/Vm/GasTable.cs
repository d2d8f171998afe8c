using System.Globalization;
using PoUW.Compute.Backends;
using PoUW.Simulation.Conformance;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.Vm;

/// <summary>
/// What tensor operations cost on the default backend with one thread, beside their gas: the table of docs/gas.md, from which the weights
/// are taken. A gas unit should be worth at most about a nanosecond for every operation, so that nobody buys much work for little gas.
/// </summary>
internal static class GasTable
{
    private const int BaseGas = 64;
    private const int Side = 512;

    /// <summary>Prints the table as Markdown.</summary>
    public static void Write(TextWriter output)
    {
        using CpuBackend backend = new();
        output.WriteLine("| operation | ns | gas | ns a gas |\n|---|---|---|---|");
        Product(output, backend, TensorType.Int8, TensorType.Int32, 256);
        Product(output, backend, TensorType.Float32, TensorType.Float32, 96);
        foreach (TensorOp operation in TensorOps.All)
        {
            TensorCase sample = TensorCase.Large(operation, seed: 1);
            TimedBlock block = TimedBlock.Warm(() => backend.Run(operation, sample.Call));
            Row(output, operation.Name, Best(block), BaseGas + operation.Gas(sample.Shape));
        }
    }

    private static void Product(TextWriter output, CpuBackend backend, TensorType type, TensorType result, int macsPerGas)
    {
        Tensor a = new(type, Side, Side);
        Tensor b = new(type, Side, Side);
        Tensor c = new(result, Side, Side);
        a.Bytes.Fill(1);
        b.Bytes.Fill(1);
        MatMulShape shape = new(Side, Side, Side, false, false);
        TimedBlock block = TimedBlock.Warm(() => backend.MatMul(shape, a, b, c));
        Row(output, $"matmul of {type}, {Side} cubed", Best(block), BaseGas + (shape.MacCount / macsPerGas));
    }

    private static double Best(TimedBlock block)
    {
        double best = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            best = Math.Min(best, block.Run().CpuSeconds);
        }

        return best * 1e9;
    }

    private static void Row(TextWriter output, string name, double nanoseconds, long gas) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {nanoseconds:F0} | {gas} | {nanoseconds / gas:F2} |"));
}
