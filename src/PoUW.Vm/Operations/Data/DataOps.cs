using PoUW.Vm.Execution;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Operations.OperandSpec;

namespace PoUW.Vm.Operations.Data;

/// <summary>
/// The operations that move elements or fill tensors. A move takes Int8, UInt8, Int32 and Float32 and copies bits; source and destination
/// have one type. The fills give Float32; fma rounds once. The random ones use the words of Philox4x32-10 under the arguments key and
/// stream (any 64 bits): word i is word i mod 4 of block i / 4, elements are numbered by rows.
/// </summary>
public static class DataOps
{
    private const int Dimensions = 4;
    private const int AllDimensions = (1 << Dimensions) - 1;
    private const int WordValues = 1 << 24;
    private const int ElementsPerGas = 8;

    private static readonly TensorType[] Movable = [TensorType.Int8, TensorType.UInt8, TensorType.Int32, TensorType.Float32];
    private static readonly ArgumentSpec Key = new("key");
    private static readonly ArgumentSpec Stream = new("stream");

    /// <summary>d (C x R) = the transpose of s (R x C).</summary>
    public static TensorOp Transpose { get; } = new(112, "transpose", Write("d", Movable), Read("s", Movable))
    {
        Shapes = (in TensorCallShape c) =>
            ShapeRules.SameType("d", c[0], "s", c[1]) ?? ShapeRules.Size("d", c[0], c[1].Columns, c[1].Rows),
        GasWeight = 2,
        Defined = DataMoves.Transpose,
    };

    /// <summary>
    /// s as an array of the dimensions n0 x n1 x n2 x n3, the last one contiguous, with its dimensions permuted: d has the dimensions
    /// n[p0], n[p1], n[p2], n[p3], and d[i, j, k, l] is the element of s whose index in dimension p0 is i, in p1 j, in p2 k, in p3 l. Both
    /// may have any rows and columns whose product is n0 * n1 * n2 * n3.
    /// </summary>
    public static TensorOp Permute { get; } = new(113, "permute", Write("d", Movable), Read("s", Movable))
    {
        Immediates =
        [
            Dimension("n0"), Dimension("n1"), Dimension("n2"), Dimension("n3"), Place("p0"), Place("p1"), Place("p2"), Place("p3"),
        ],
        Shapes = (in TensorCallShape c) => ShapeRules.SameType("d", c[0], "s", c[1])
            ?? HasDimensions("s", c[1], c.Immediates[..Dimensions])
            ?? HasDimensions("d", c[0], c.Immediates[..Dimensions])
            ?? IsPermutation(c.Immediates[Dimensions..]),
        GasWeight = 2,
        Defined = DataMoves.Permute,
    };

    /// <summary>Columns to .. to + count - 1 of d = columns from .. from + count - 1 of s; the other columns of d stay.</summary>
    public static TensorOp CopyColumns { get; } = new(114, "copy_columns", Update("d", Movable), Read("s", Movable))
    {
        Immediates = [new("to", 0, int.MaxValue), new("from", 0, int.MaxValue), new("count", 1, int.MaxValue)],
        Shapes = (in TensorCallShape c) => ShapeRules.SameType("d", c[0], "s", c[1])
            ?? ShapeRules.Size("s", c[1], c[0].Rows, c[1].Columns)
            ?? HasColumns("d", c[0], c.Immediates[0], c.Immediates[2])
            ?? HasColumns("s", c[1], c.Immediates[1], c.Immediates[2]),
        Work = (in TensorCallShape c) => (((long)c[0].Rows * c.Immediates[2]) + ElementsPerGas - 1) / ElementsPerGas,
        Defined = DataMoves.CopyColumns,
    };

    /// <summary>
    /// For i in increasing order: row index[i] of d = that row + row i of s. Float32 d (rows x C), s (n x C), Int32 index (n x 1) in
    /// [0, rows); each sum rounds once, and every NaN that is stored is 0x7FC00000.
    /// </summary>
    public static TensorOp ScatterAddRows { get; } =
        new(115, "scatter_add_rows_f32", UpdateFloat("d"), ReadFloat("s"), Read("index", TensorType.Int32))
        {
            Shapes = (in TensorCallShape c) => ShapeRules.Size("s", c[1], c[1].Rows, c[0].Columns)
                ?? ShapeRules.Column("index", c[2], c[1].Rows),
            Contents = (in TensorCall c) => OperandRange.AreIndices(c[2].Int32, c[0].Rows) ? VmTrap.None : VmTrap.ElementOutOfRange,
            GasWeight = 4,
            GasOperand = 1,
            Defined = DataMoves.ScatterAddRows,
        };

    /// <summary>Float32 d_i = fma(u, high - low, low) with u = (word i >> 8) * 2^-24, in [0, 1).</summary>
    public static TensorOp UniformFill { get; } = new(116, "uniform_fill_f32", WriteFloat("d"))
    {
        Immediates = [ImmediateSpec.Float("low"), ImmediateSpec.Float("high")],
        Arguments = [Key, Stream],
        GasWeight = 8,
        Defined = RandomFills.Uniform,
    };

    /// <summary>
    /// Float32 d_i = fma(z, deviation, mean) with z = sqrt(-2 * Fp32.Log(u1)) * Fp32.CosTwoPi(u2), u1 = ((word 2i >> 8) + 1) * 2^-24 and
    /// u2 = (word 2i+1 >> 8) * 2^-24 (Box and Muller's transformation, its cosine half). |z| is below 5.8.
    /// </summary>
    public static TensorOp NormalFill { get; } = new(117, "normal_fill_f32", WriteFloat("d"))
    {
        Immediates = [ImmediateSpec.Float("mean"), ImmediateSpec.Float("deviation")],
        Arguments = [Key, Stream],
        GasWeight = 96,
        Defined = RandomFills.Normal,
    };

    /// <summary>Float32 d_i = scale if (word i >> 8) is at least threshold (0 to 2^24), else +0: a fraction threshold / 2^24 is dropped.</summary>
    public static TensorOp DropoutMask { get; } = new(118, "dropout_mask_f32", WriteFloat("d"))
    {
        Immediates = [new("threshold", 0, WordValues), ImmediateSpec.Float("scale")],
        Arguments = [Key, Stream],
        GasWeight = 8,
        Defined = RandomFills.DropoutMask,
    };

    /// <summary>Float32 d_i = value.</summary>
    public static TensorOp Fill { get; } = new(119, "fill_f32", WriteFloat("d"))
    {
        Immediates = [ImmediateSpec.Float("value")],
        Defined = RandomFills.Fill,
    };

    /// <summary>d = the elements of s in order, as a matrix of other dimensions.</summary>
    public static TensorOp Reshape { get; } = new(120, "reshape", Write("d", Movable), Read("s", Movable))
    {
        Shapes = (in TensorCallShape c) => ShapeRules.SameType("d", c[0], "s", c[1])
            ?? ShapeRules.Require(c[0].Length == c[1].Length, $"'d' is {c[0]} and 's' is {c[1]}: another number of elements"),
        Defined = DataMoves.Reshape,
    };

    /// <summary>The family.</summary>
    internal static IReadOnlyList<TensorOp> All { get; } =
        [Transpose, Permute, CopyColumns, ScatterAddRows, UniformFill, NormalFill, DropoutMask, Fill, Reshape];

    private static ImmediateSpec Dimension(string name) => new(name, 1, int.MaxValue);

    private static ImmediateSpec Place(string name) => new(name, 0, Dimensions - 1);

    /// <summary>Divides instead of multiplying: the product of four dimensions need not fit in 64 bits.</summary>
    private static string? HasDimensions(string name, TensorShape operand, ReadOnlySpan<int> n)
    {
        long rest = operand.Length;
        bool fits = true;
        foreach (int dimension in n)
        {
            fits &= rest % dimension == 0;
            rest /= dimension;
        }

        return fits && rest == 1 ? null : $"'{name}' is {operand} and does not hold {n[0]} x {n[1]} x {n[2]} x {n[3]} elements";
    }

    private static string? IsPermutation(ReadOnlySpan<int> p)
    {
        int seen = 0;
        foreach (int place in p)
        {
            seen |= 1 << place;
        }

        return ShapeRules.Require(seen == AllDimensions, $"{p[0]}, {p[1]}, {p[2]}, {p[3]} is no permutation of 0, 1, 2, 3");
    }

    private static string? HasColumns(string name, TensorShape operand, int first, int count) =>
        ShapeRules.Require((long)first + count <= operand.Columns, $"'{name}' is {operand} and has no {count} columns from {first}");
}
