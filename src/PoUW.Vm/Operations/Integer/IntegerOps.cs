using PoUW.Vm.Execution;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Operations.OperandSpec;

namespace PoUW.Vm.Operations.Integer;

/// <summary>The operations of lane I: 8-bit tensors, 32-bit sums and master weights, no floating point. docs/vm.md holds their table.</summary>
public static class IntegerOps
{
    private const int MaxShift = 31;
    private const int MaxBound = 1 << 30;
    private const int KeyBytes = 32;
    private const int HashGas = 80;
    private const int ShuffleTableGas = 1 << 15;

    private static readonly TensorType[] Movable = [TensorType.Int8, TensorType.UInt8, TensorType.Int32, TensorType.Float32];
    private static readonly ImmediateSpec Limit = new("limit", 1, sbyte.MaxValue);
    private static readonly ArgumentSpec Shift = new("shift", 0, MaxShift);
    private static readonly ArgumentSpec Positive = new("limit", 0, int.MaxValue);

    /// <summary>Int8 d = clip(RoundShift(Int32 s, shift), +-limit).</summary>
    public static TensorOp RequantiseShift { get; } = new(1, "requantise_shift", Write("d", TensorType.Int8), Read("s", TensorType.Int32))
    {
        Immediates = [Limit],
        Arguments = [Shift],
        Shapes = ShapeRules.AllEqual,
        GasWeight = 2,
        Defined = IntegerElementwise.RequantiseShift,
    };

    /// <summary>Int8 d = clip(Psto(Int32 s, shift), +-limit): pseudo-stochastic rounding.</summary>
    public static TensorOp StochasticRoundShift { get; } = new(2, "stochastic_round_shift", Write("d", TensorType.Int8), Read("s", TensorType.Int32))
    {
        Immediates = [Limit],
        Arguments = [Shift],
        Shapes = ShapeRules.AllEqual,
        GasWeight = 2,
        Defined = IntegerElementwise.StochasticRoundShift,
    };

    /// <summary>Pushes the largest absolute value of an Int8 or Int32 tensor.</summary>
    public static TensorOp MaxAbs { get; } = new(3, "max_abs", Read("s", TensorType.Int8, TensorType.Int32)) { HasResult = true, Defined = IntegerReductions.MaxAbs };

    /// <summary>Pushes the sum of an Int8 or Int32 tensor.</summary>
    public static TensorOp Sum { get; } = new(4, "sum", Read("s", TensorType.Int8, TensorType.Int32)) { HasResult = true, Defined = IntegerReductions.Sum };

    /// <summary>Int8 d = max(s, 0).</summary>
    public static TensorOp Relu { get; } = new(5, "relu", Write("d", TensorType.Int8), Read("s", TensorType.Int8))
    {
        MayAlias = true,
        Shapes = ShapeRules.AllEqual,
        Defined = IntegerElementwise.Relu,
    };

    /// <summary>Int8 d = s where gate is above 0, else 0.</summary>
    public static TensorOp ReluGradient { get; } = new(6, "relu_gradient", Write("d", TensorType.Int8), Read("s", TensorType.Int8), Read("gate", TensorType.Int8))
    {
        MayAlias = true,
        Shapes = ShapeRules.AllEqual,
        Defined = IntegerElementwise.ReluGradient,
    };

    /// <summary>Int8 error of base-2 integer softmax cross-entropy on Int8 logits and UInt8 labels.</summary>
    public static TensorOp SoftmaxCrossEntropyGradient { get; } =
        new(7, "softmax_gradient", Write("d", TensorType.Int8), Read("logits", TensorType.Int8), Read("labels", TensorType.UInt8))
        {
            Immediates = [new("shift", 0, MaxShift), Limit],
            Arguments = [new("exponent")],
            Shapes = (in TensorCallShape c) => ShapeRules.Require(
                c[0].HasSizeOf(c[1]) && c[2].IsColumn(c[0].Rows) && HasClasses(c[0]), "logits need 2 to 256 columns and a label a row"),
            Contents = (in TensorCall c) => Labels(c[2], c[0].Columns),
            GasWeight = 80,
            Defined = IntegerSoftmax.Gradient,
        };

    /// <summary>Pushes the base-2 loss of the first rows in Q15, summed.</summary>
    public static TensorOp SoftmaxCrossEntropyLoss { get; } = new(8, "softmax_loss", Read("logits", TensorType.Int8), Read("labels", TensorType.UInt8))
    {
        Arguments = [new("exponent"), new("rows", 0)],
        HasResult = true,
        Shapes = (in TensorCallShape c) => ShapeRules.Require(
            c[1].IsColumn(c[0].Rows) && HasClasses(c[0]), "logits need 2 to 256 columns and a label a row"),
        Contents = (in TensorCall c) => c.Arguments[1] > c[0].Rows ? VmTrap.ArgumentOutOfRange : Labels(c[1], c[0].Columns),
        GasWeight = 32,
        Defined = IntegerSoftmax.Loss,
    };

    /// <summary>Int32 d = column of the largest element of each row; the lowest column wins.</summary>
    public static TensorOp ArgMaxRows { get; } = new(9, "argmax_rows", Write("d", TensorType.Int32), Read("s", TensorType.Int8, TensorType.Int32))
    {
        Shapes = (in TensorCallShape c) => ShapeRules.Require(c[0].IsColumn(c[1].Rows), "the destination needs an element a row"),
        GasWeight = 12,
        GasOperand = 1,
        Defined = IntegerReductions.ArgMaxRows,
    };

    /// <summary>Pushes how many of the first elements of an Int32 column equal those of a UInt8 or Int32 column.</summary>
    public static TensorOp CountEqual { get; } = new(10, "count_equal", Read("a", TensorType.Int32), Read("b", TensorType.UInt8, TensorType.Int32))
    {
        Arguments = [new("rows", 0)],
        HasResult = true,
        Shapes = (in TensorCallShape c) => ShapeRules.Require(c[0].Columns == 1 && c[1].IsColumn(c[0].Rows), "two equal columns are needed"),
        Contents = (in TensorCall c) => c.Arguments[0] > c[0].Rows ? VmTrap.ArgumentOutOfRange : VmTrap.None,
        GasWeight = 8,
        Defined = IntegerReductions.CountEqual,
    };

    /// <summary>Int32 d = a + b modulo 2^32.</summary>
    public static TensorOp Add { get; } = new(11, "add_int32", Write("d", TensorType.Int32), Read("a", TensorType.Int32), Read("b", TensorType.Int32))
    {
        MayAlias = true,
        Shapes = ShapeRules.AllEqual,
        GasWeight = 2,
        Defined = IntegerElementwise.Add,
    };

    /// <summary>Int32 d = a - b modulo 2^32.</summary>
    public static TensorOp Subtract { get; } = new(12, "subtract_int32", Write("d", TensorType.Int32), Read("a", TensorType.Int32), Read("b", TensorType.Int32))
    {
        MayAlias = true,
        Shapes = ShapeRules.AllEqual,
        GasWeight = 2,
        Defined = IntegerElementwise.Subtract,
    };

    /// <summary>Int32 d = (s * multiplier) >> shift, in 64 bits, then modulo 2^32.</summary>
    public static TensorOp ScaleShift { get; } = new(13, "scale_shift", Write("d", TensorType.Int32), Read("s", TensorType.Int32))
    {
        Arguments = [new("multiplier", -int.MaxValue, int.MaxValue), Shift],
        MayAlias = true,
        Shapes = ShapeRules.AllEqual,
        GasWeight = 2,
        Defined = IntegerElementwise.ScaleShift,
    };

    /// <summary>Int32 d = clip(s, +-limit).</summary>
    public static TensorOp Clamp { get; } = new(14, "clamp", Write("d", TensorType.Int32), Read("s", TensorType.Int32))
    {
        Arguments = [Positive],
        MayAlias = true,
        Shapes = ShapeRules.AllEqual,
        Defined = IntegerElementwise.Clamp,
    };

    /// <summary>Integer momentum: v = v - (v >> d) + ((g * rate) >> d); w = clip(w - v, +-limit), modulo 2^32.</summary>
    public static TensorOp MomentumUpdate { get; } = new(15, "momentum_update", Update("w", TensorType.Int32), Update("v", TensorType.Int32), Read("g", TensorType.Int8))
    {
        Immediates = [new("d", 0, MaxShift)],
        Arguments = [new("rate", 0, int.MaxValue), Positive],
        Shapes = ShapeRules.AllEqual,
        GasWeight = 3,
        Defined = IntegerElementwise.Momentum,
    };

    /// <summary>d row i = s row index[i]; Int8, UInt8, Int32 or Float32, whose bits are copied.</summary>
    public static TensorOp GatherRows { get; } =
        new(16, "gather_rows", Write("d", Movable), Read("s", Movable), Read("index", TensorType.Int32))
        {
            Shapes = (in TensorCallShape c) => ShapeRules.Require(
                c[0].Type == c[1].Type && c[0].Columns == c[1].Columns && c[2].IsColumn(c[0].Rows),
                "source and destination need one type and width, and the index an element a row"),
            Contents = (in TensorCall c) =>
                OperandRange.AreIndices(c[2].Int32, c[1].Rows) ? VmTrap.None : VmTrap.ElementOutOfRange,
            Defined = IntegerFills.GatherRows,
        };

    /// <summary>Int32 d = a window of a keyed pseudo-random permutation (swap-or-not).</summary>
    public static TensorOp KeyedPermutation { get; } = new(17, "keyed_permutation", Write("d", TensorType.Int32), Read("key", TensorType.UInt8))
    {
        Immediates = [new("rounds", 1, byte.MaxValue)],
        Arguments = [new("count", 1, int.MaxValue), new("first", 0), new("tweak")],
        Shapes = (in TensorCallShape c) => ShapeRules.Require(
            c[0].Columns == 1 && c[1].Length == KeyBytes, "the destination is a column and the key has 32 bytes"),
        Contents = (in TensorCall c) =>
            c.Arguments[1] <= c.Arguments[0] - c[0].Rows ? VmTrap.None : VmTrap.ArgumentOutOfRange,
        // A hash of about 80 ns for each row and round at worst, whatever the count, and the table of those that rows share.
        Work = (in TensorCallShape c) => ShuffleTableGas + (c.Immediates[0] * (c[0].Length + 1) * HashGas),
        Defined = IntegerFills.Permutation,
    };

    /// <summary>Int32 d = uniform in +-bound from Philox4x32-10.</summary>
    public static TensorOp UniformFill { get; } = new(18, "uniform_fill", Write("d", TensorType.Int32))
    {
        Arguments = [new("key"), new("stream"), new("bound", 0, MaxBound)],
        GasWeight = 48,
        Defined = IntegerFills.Uniform,
    };

    /// <summary>Int32 d[i] = min(start + i, maximum).</summary>
    public static TensorOp Sequence { get; } = new(19, "sequence", Write("d", TensorType.Int32))
    {
        Arguments = [new("start", 0, int.MaxValue), new("maximum", 0, int.MaxValue)],
        Shapes = (in TensorCallShape c) => ShapeRules.Require(c[0].Columns == 1, "the destination is a column"),
        GasWeight = 4,
        Defined = IntegerFills.Sequence,
    };

    /// <summary>Int8 or Int32 d = value.</summary>
    public static TensorOp Fill { get; } = new(20, "fill", Write("d", TensorType.Int8, TensorType.Int32))
    {
        Arguments = [new("value", int.MinValue, int.MaxValue)],
        Contents = (in TensorCall c) => c[0].Type == TensorType.Int8 && c.Arguments[0] is (< sbyte.MinValue or > sbyte.MaxValue)
            ? VmTrap.ArgumentOutOfRange
            : VmTrap.None,
        Defined = IntegerFills.Fill,
    };

    /// <summary>Int32 d (R x C) = a + b modulo 2^32, b a row (1 x C) that is added to every row of a.</summary>
    public static TensorOp AddRow { get; } =
        new(145, "add_row_int32", Write("d", TensorType.Int32), Read("a", TensorType.Int32), Read("b", TensorType.Int32))
        {
            MayAlias = true,
            Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("a", c[1], c[0]) ?? ShapeRules.Row("b", c[2], c[0].Columns),
            GasWeight = 2,
            Defined = IntegerElementwise.AddRow,
        };

    /// <summary>Int32 d (1 x C) = the sum of the rows of an Int8 or Int32 matrix, modulo 2^32.</summary>
    public static TensorOp SumRows { get; } =
        new(146, "sum_rows_int32", Write("d", TensorType.Int32), Read("s", TensorType.Int8, TensorType.Int32))
        {
            Shapes = (in TensorCallShape c) => ShapeRules.Row("d", c[0], c[1].Columns),
            GasWeight = 2,
            GasOperand = 1,
            Defined = IntegerReductions.SumRows,
        };

    /// <summary>The family.</summary>
    internal static IReadOnlyList<TensorOp> All { get; } =
    [
        RequantiseShift, StochasticRoundShift, MaxAbs, Sum, Relu, ReluGradient, SoftmaxCrossEntropyGradient, SoftmaxCrossEntropyLoss,
        ArgMaxRows, CountEqual, Add, Subtract, ScaleShift, Clamp, MomentumUpdate, GatherRows, KeyedPermutation, UniformFill, Sequence, Fill,
        AddRow, SumRows,
    ];

    /// <summary>Labels are bytes and sums of powers must stay far below 2^63.</summary>
    private static bool HasClasses(TensorShape logits) => logits.Columns is >= 2 and <= 256;

    private static VmTrap Labels(Tensor labels, int classes) =>
        OperandRange.AreLabels(labels.UInt8, classes) ? VmTrap.None : VmTrap.ElementOutOfRange;
}
