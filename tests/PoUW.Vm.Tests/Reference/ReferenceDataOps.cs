using PoUW.Vm.Arithmetic;
using static PoUW.Vm.Tests.Reference.ReferenceOperation;

namespace PoUW.Vm.Tests.Reference;

/// <summary>The operations that move elements or fill tensors of lane R.</summary>
internal static class ReferenceDataOps
{
    public static IReadOnlyList<ReferenceOperation> All { get; } =
    [
        Of(112, "transpose", 2, 0, 0, Transpose),
        Of(113, "permute", 2, 8, 0, Permute),
        Of(114, "copy_columns", 2, 3, 0, CopyColumns),
        Of(115, "scatter_add_rows_f32", 3, 0, 0, ScatterAdd),
        Of(116, "uniform_fill_f32", 1, 2, 2, Uniform),
        Of(117, "normal_fill_f32", 1, 2, 2, Normal),
        Of(118, "dropout_mask_f32", 1, 2, 2, Dropout),
        Of(119, "fill_f32", 1, 1, 0, c => ReferenceRowOps.Fill(c[0], _ => c.Real(0))),
        Of(120, "reshape", 2, 0, 0, Reshape),
    ];

    private static void Reshape(ReferenceCall c)
    {
        for (int at = 0; at < c[1].Count; at++)
        {
            c[0][at] = c[1][at];
        }
    }

    private static void Transpose(ReferenceCall c)
    {
        for (int at = 0; at < c[1].Count; at++)
        {
            (int row, int column) = (at / c[1].Columns, at % c[1].Columns);
            c[0][column, row] = c[1][at];
        }
    }

    /// <summary>Takes every element of the source apart into its four indices and puts it where they lead.</summary>
    private static void Permute(ReferenceCall c)
    {
        int[] n = c.Immediates[..4];
        int[] p = c.Immediates[4..];
        for (int from = 0; from < c[1].Count; from++)
        {
            int[] index = new int[4];
            int rest = from;
            for (int dimension = 3; dimension >= 0; dimension--)
            {
                (rest, index[dimension]) = (rest / n[dimension], rest % n[dimension]);
            }

            int to = p.Aggregate(0, (place, dimension) => (place * n[dimension]) + index[dimension]);
            c[0][to] = c[1][from];
        }
    }

    private static void CopyColumns(ReferenceCall c)
    {
        for (int row = 0; row < c[0].Rows; row++)
        {
            for (int column = 0; column < c.Immediates[2]; column++)
            {
                c[0][row, c.Immediates[0] + column] = c[1][row, c.Immediates[1] + column];
            }
        }
    }

    private static void ScatterAdd(ReferenceCall c)
    {
        c.DemandBelow(2, c[0].Rows);
        for (int at = 0; at < c[1].Count; at++)
        {
            (int row, int column) = ((int)c[2][at / c[1].Columns], at % c[1].Columns);
            c[0].SetF(row, column, c[0].F(row, column) + c[1].F(at));
        }
    }

    /// <summary>The upper 24 bits of a word.</summary>
    private static float Upper(ReferenceCall c, long index) => ReferenceRandom.Word(c.Argument(0), c.Argument(1), index) / 256;

    private static void Uniform(ReferenceCall c) => ReferenceRowOps.Fill(
        c[0], i => MathF.FusedMultiplyAdd(Upper(c, i) / 16777216, c.Real(1) - c.Real(0), c.Real(0)));

    private static void Normal(ReferenceCall c) => ReferenceRowOps.Fill(c[0], i =>
    {
        float u1 = (Upper(c, 2L * i) + 1) / 16777216;
        float u2 = Upper(c, (2L * i) + 1) / 16777216;
        float z = MathF.Sqrt(-2 * Fp32.Log(u1)) * Fp32.CosTwoPi(u2);
        return MathF.FusedMultiplyAdd(z, c.Real(1), c.Real(0));
    });

    private static void Dropout(ReferenceCall c) =>
        ReferenceRowOps.Fill(c[0], i => Upper(c, i) < c.Immediates[0] ? 0 : c.Real(1));
}
