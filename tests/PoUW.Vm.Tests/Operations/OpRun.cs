using PoUW.Vm.Execution;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Operations;

/// <summary>Makes tensors and runs definitions of operations after all their checks.</summary>
internal static class OpRun
{
    public const uint NaNBits = 0x7FC00000;

    private const float Poison = -12345.678f;

    public static float Bits(uint bits) => BitConverter.UInt32BitsToSingle(bits);

    public static int Immediate(float value) => BitConverter.SingleToInt32Bits(value);

    public static Tensor Floats(int rows, int columns, params float[] values) => Fill(new Tensor(TensorType.Float32, rows, columns), values);

    public static Tensor Ints(int rows, int columns, params int[] values)
    {
        Tensor tensor = new(TensorType.Int32, rows, columns);
        values.CopyTo(tensor.Int32);
        return tensor;
    }

    /// <summary>A destination whose old contents must not show.</summary>
    public static Tensor Empty(int rows, int columns)
    {
        Tensor tensor = new(TensorType.Float32, rows, columns);
        tensor.Float32.Fill(Poison);
        return tensor;
    }

    /// <summary>Numbers in (-2, 2) that use all bits of the mantissa.</summary>
    public static Tensor Random(int rows, int columns, int seed)
    {
        Random random = new(seed);
        Tensor tensor = new(TensorType.Float32, rows, columns);
        foreach (ref float value in tensor.Float32)
        {
            value = ((float)random.NextDouble() * 4) - 2;
        }

        return tensor;
    }

    public static Tensor Copy(Tensor tensor)
    {
        Tensor copy = new(tensor.Type, tensor.Rows, tensor.Columns);
        tensor.Bytes.CopyTo(copy.Bytes);
        return copy;
    }

    public static uint[] BitsOf(Tensor tensor) => [.. tensor.Float32.ToArray().Select(BitConverter.SingleToUInt32Bits)];

    public static double[] Doubles(Tensor tensor) => [.. tensor.Float32.ToArray().Select(static x => (double)x)];

    public static string? Problem(TensorOp op, int[] immediates, params TensorShape[] shapes) =>
        op.Check(new TensorCallShape(shapes, immediates));

    public static string? Problem(TensorOp op, int[] immediates, params Tensor[] operands) =>
        Problem(op, immediates, [.. operands.Select(Shape)]);

    public static TensorShape Shape(Tensor tensor) => new(tensor.Type, tensor.Rows, tensor.Columns);

    /// <summary>Runs a call that must pass every check; gives the destination.</summary>
    public static Tensor Run(TensorOp op, params Tensor[] operands) => Run(op, [], [], operands);

    public static Tensor Run(TensorOp op, int[] immediates, long[] arguments, params Tensor[] operands)
    {
        Assert.That(operands, Has.Length.EqualTo(op.Operands.Count), op.Name);
        for (int i = 0; i < operands.Length; i++)
        {
            Assert.That(op.Operands[i].Types, Does.Contain(operands[i].Type), op.Operands[i].Name);
        }

        Assert.That(Problem(op, immediates, operands), Is.Null, op.Name);
        TensorCall call = new(operands, immediates, arguments);
        Assert.That(op.CheckCall(call), Is.EqualTo(VmTrap.None), op.Name);
        Assert.That(op.Execute(call), Is.Zero, op.Name);
        return operands[0];
    }

    public static VmTrap Trap(TensorOp op, int[] immediates, long[] arguments, params Tensor[] operands) =>
        op.CheckCall(new TensorCall(operands, immediates, arguments));

    private static Tensor Fill(Tensor tensor, float[] values)
    {
        Assert.That(values, Has.Length.EqualTo(tensor.Length));
        values.CopyTo(tensor.Float32);
        return tensor;
    }
}
