using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Backends;

/// <summary>
/// Compares kernels with the definitions before they are trusted. A processor, a runtime or a build that gets one bit wrong would cost
/// its owner the stake, so such kernels are not used. Any thread; each family is tested once a process.
/// </summary>
public static class KernelSelfTest
{
    private const uint Multiplier = 1664525;
    private const uint Increment = 1013904223;

    private static readonly CpuKernel[] BySpeed =
        [CpuKernel.Avx512Byte, CpuKernel.AvxVnni, CpuKernel.Avx512, CpuKernel.Avx2, CpuKernel.Portable];

    private static readonly Lazy<CpuKernel> Chosen =
        new(() => BySpeed.Where(CpuBackend.IsSupported).FirstOrDefault(Passes, CpuKernel.Scalar));

    /// <summary>The fastest kernels of this machine that pass, or <see cref="CpuKernel.Scalar"/>.</summary>
    public static CpuKernel Best() => Chosen.Value;

    /// <summary>True if the kernels give the bits of the definitions on the calls of the test.</summary>
    public static bool Passes(CpuKernel kernel)
    {
        using CpuBackend backend = new(kernel);
        return Passes(backend);
    }

    /// <summary>True if a backend gives the bits of the definitions on the calls of the test.</summary>
    public static bool Passes(ITensorBackend backend)
    {
        uint random = 1;
        for (int flags = 0; flags < 4; flags++)
        {
            MatMulShape shape = new(37, 65, 41, (flags & 1) != 0, (flags & 2) != 0);
            if (!ProductPasses(backend, shape, TensorType.Int8, ref random) || !ProductPasses(backend, shape, TensorType.Float32, ref random))
            {
                return false;
            }
        }

        foreach (TensorOp operation in TensorOps.All)
        {
            if (!OperationPasses(backend, operation, ref random))
            {
                return false;
            }
        }

        return true;
    }

    private static bool ProductPasses(ITensorBackend backend, in MatMulShape shape, TensorType type, ref uint random)
    {
        Tensor a = Fill(type, shape.TransposeA ? shape.K : shape.M, shape.TransposeA ? shape.M : shape.K, ref random);
        Tensor b = Fill(type, shape.TransposeB ? shape.N : shape.K, shape.TransposeB ? shape.K : shape.N, ref random);
        TensorType sum = type == TensorType.Int8 ? TensorType.Int32 : type;
        Tensor expected = new(sum, shape.M, shape.N);
        Tensor actual = new(sum, shape.M, shape.N);
        new ScalarBackend().MatMul(shape, a, b, expected);
        backend.MatMul(shape, a, b, actual);
        return actual.Bytes.SequenceEqual(expected.Bytes);
    }

    /// <summary>Operations whose operands may all have one shape, and convolutions; conformance tests cover the others.</summary>
    private static bool OperationPasses(ITensorBackend backend, TensorOp operation, ref uint random)
    {
        int[] immediates = [.. operation.Immediates.Select(static spec => spec.IsFloat
            ? BitConverter.SingleToInt32Bits(1.25f)
            : Math.Clamp(3, spec.Minimum, spec.Maximum))];
        long[] arguments = [.. operation.Arguments.Select(static spec => Math.Clamp(3, spec.Minimum, spec.Maximum))];
        Tensor[] operands = new Tensor[operation.Operands.Count];
        TensorShape[] shapes = new TensorShape[operands.Length];
        for (int i = 0; i < operands.Length; i++)
        {
            operands[i] = Fill(operation.Operands[i].Types[0], 23, 19, ref random);
            shapes[i] = new TensorShape(operands[i].Type, operands[i].Rows, operands[i].Columns);
        }

        TensorCall call = new(operands, immediates, arguments);
        if (operation.Check(new TensorCallShape(shapes, immediates)) is not null || operation.CheckCall(call) != Vm.Execution.VmTrap.None)
        {
            return true;
        }

        Tensor[] expected = [.. operands.Select(Copy)];
        long result = operation.Execute(new TensorCall(expected, immediates, arguments));
        return backend.Run(operation, call) == result
            && operands.Zip(expected).All(static pair => pair.First.Bytes.SequenceEqual(pair.Second.Bytes));
    }

    private static Tensor Copy(Tensor tensor)
    {
        Tensor copy = new(tensor.Type, tensor.Rows, tensor.Columns);
        tensor.Bytes.CopyTo(copy.Bytes);
        return copy;
    }

    /// <summary>Numbers of about 2^-8 to 2^8, or integers in [-64, 63].</summary>
    private static Tensor Fill(TensorType type, int rows, int columns, ref uint random)
    {
        Tensor tensor = new(type, rows, columns);
        for (int i = 0; i < tensor.Length; i++)
        {
            random = unchecked((random * Multiplier) + Increment);
            int value = (int)(random >> 9);
            switch (type)
            {
                case TensorType.Float32:
                    int exponent = 119 + (value & 15);
                    tensor.Float32[i] = BitConverter.Int32BitsToSingle((value << 31) | (exponent << 23) | value);
                    break;
                case TensorType.Int32:
                    tensor.Int32[i] = value - (1 << 22);
                    break;
                case TensorType.Int8:
                    tensor.Int8[i] = (sbyte)((value & 127) - 64);
                    break;
                default:
                    tensor.Bytes[i] = (byte)(value & 63);
                    break;
            }
        }

        return tensor;
    }
}
