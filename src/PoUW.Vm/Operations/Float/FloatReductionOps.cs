using PoUW.Vm.Execution;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Operations.OperandSpec;

namespace PoUW.Vm.Operations.Float;

/// <summary>
/// The operations of lane R that reduce rows or columns of a Float32 matrix, softmax and cross entropy. A chain starts at +0, takes the
/// elements in increasing order of their index and rounds once an element to nearest even, denormals kept; fma rounds once; every NaN
/// that is stored is 0x7FC00000. Of a row x: m is the chain of Fp32.Max from x_0, e_j = Fp32.Exp(x_j - m), S the chain of acc + e_j.
/// </summary>
public static class FloatReductionOps
{
    /// <summary>d (1 x C): of each column of s the chain over rows of acc + x.</summary>
    public static TensorOp SumRows { get; } = new(64, "sum_rows_f32", WriteFloat("d"), ReadFloat("s"))
    {
        Shapes = (in TensorCallShape c) => ShapeRules.Row("d", c[0], c[1].Columns),
        GasWeight = 2,
        GasOperand = 1,
        Defined = FloatReductions.SumRows,
    };

    /// <summary>d (R x 1): of each row of s the chain over columns of acc + x.</summary>
    public static TensorOp SumColumns { get; } = OfRows(65, "sum_columns_f32", FloatReductions.SumColumns);

    /// <summary>d (R x 1): of each row of s the chain over columns of Fp32.Max from the first element: NaN if one is NaN.</summary>
    public static TensorOp MaxColumns { get; } = OfRows(66, "max_columns_f32", FloatReductions.MaxColumns);

    /// <summary>d (R x 1): of each row of s the chain over columns of fma(x, x, acc).</summary>
    public static TensorOp SumSquares { get; } = OfRows(67, "sum_squares_f32", FloatReductions.SumSquares);

    /// <summary>Int32 d (R x 1): column of the largest element of each row of s. A later column wins only if greater, so a NaN wins in column 0 only.</summary>
    public static TensorOp ArgMaxRows { get; } = new(68, "argmax_rows_f32", Write("d", TensorType.Int32), ReadFloat("s"))
    {
        Shapes = (in TensorCallShape c) => ShapeRules.Column("d", c[0], c[1].Rows),
        GasWeight = 4,
        GasOperand = 1,
        Defined = FloatReductions.ArgMaxRows,
    };

    /// <summary>Softmax of each row: d_j = e_j / S. The destination may be the operand.</summary>
    public static TensorOp Softmax { get; } = new(69, "softmax_f32", WriteFloat("d"), ReadFloat("s"))
    {
        MayAlias = true,
        Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("s", c[1], c[0]),
        GasWeight = 24,
        Defined = FloatSoftmax.Softmax,
    };

    /// <summary>
    /// Softmax of a prefix of each row: row r is position r mod block; its columns 0 to min(r mod block, C - 1) take part as in
    /// <see cref="Softmax"/>, the others are not read and become +0.
    /// </summary>
    public static TensorOp SoftmaxCausal { get; } = new(70, "softmax_causal_f32", WriteFloat("d"), ReadFloat("s"))
    {
        Immediates = [new("block", 1, int.MaxValue)],
        Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("s", c[1], c[0]),
        GasWeight = 24,
        Defined = FloatSoftmax.Causal,
    };

    /// <summary>Of softmax's result y: t = the chain over columns of fma(g_j, y_j, acc); d_j = y_j * (g_j - t).</summary>
    public static TensorOp SoftmaxGradient { get; } =
        new(71, "softmax_gradient_f32", WriteFloat("d"), ReadFloat("g"), ReadFloat("y"))
        {
            Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("g", c[1], c[0]) ?? ShapeRules.SizeOf("y", c[2], c[0]),
            GasWeight = 6,
            Defined = FloatSoftmax.Gradient,
        };

    /// <summary>Loss (R x 1) of each row of logits: Fp32.Log(S) - (x_label - m). Labels (R x 1), UInt8 or Int32, lie in [0, C).</summary>
    public static TensorOp CrossEntropy { get; } =
        new(72, "cross_entropy_f32", WriteFloat("loss"), ReadFloat("logits"), Read("labels", TensorType.UInt8, TensorType.Int32))
        {
            Shapes = (in TensorCallShape c) =>
                ShapeRules.Column("loss", c[0], c[1].Rows) ?? ShapeRules.Column("labels", c[2], c[1].Rows),
            Contents = (in TensorCall c) => Labels(c[2], c[1].Columns),
            GasWeight = 18,
            GasOperand = 1,
            Defined = FloatSoftmax.CrossEntropy,
        };

    /// <summary>
    /// d_j = ((e_j / S) - (1 if j is the label, else 0)) * scale, of each row of logits. Labels (R x 1), UInt8 or Int32, lie in [0, C).
    /// </summary>
    public static TensorOp CrossEntropyGradient { get; } =
        new(73, "cross_entropy_gradient_f32", WriteFloat("d"), ReadFloat("logits"), Read("labels", TensorType.UInt8, TensorType.Int32))
        {
            Immediates = [ImmediateSpec.Float("scale")],
            Shapes = (in TensorCallShape c) =>
                ShapeRules.SizeOf("logits", c[1], c[0]) ?? ShapeRules.Column("labels", c[2], c[0].Rows),
            Contents = (in TensorCall c) => Labels(c[2], c[1].Columns),
            GasWeight = 24,
            Defined = FloatSoftmax.CrossEntropyGradient,
        };

    /// <summary>The family.</summary>
    internal static IReadOnlyList<TensorOp> All { get; } =
    [
        SumRows, SumColumns, MaxColumns, SumSquares, ArgMaxRows, Softmax, SoftmaxCausal, SoftmaxGradient, CrossEntropy, CrossEntropyGradient,
    ];

    /// <summary>d (R x 1) from s (R x C).</summary>
    private static TensorOp OfRows(byte code, string name, TensorOp.Definition definition) =>
        new(code, name, WriteFloat("d"), ReadFloat("s"))
        {
            Shapes = (in TensorCallShape c) => ShapeRules.Column("d", c[0], c[1].Rows),
            GasWeight = 4,
            GasOperand = 1,
            Defined = definition,
        };

    /// <summary>A byte cannot name a class beyond 255, however many there are.</summary>
    private static VmTrap Labels(Tensor labels, int classes)
    {
        bool valid = labels.Type == TensorType.UInt8
            ? OperandRange.AreLabels(labels.UInt8, Math.Min(classes, byte.MaxValue + 1))
            : OperandRange.AreIndices(labels.Int32, classes);
        return valid ? VmTrap.None : VmTrap.ElementOutOfRange;
    }
}
