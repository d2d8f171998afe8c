using PoUW.Vm.Arithmetic;
using static PoUW.Vm.Tests.Reference.ReferenceOperation;

namespace PoUW.Vm.Tests.Reference;

/// <summary>The operations of lane R that reduce rows or columns, softmax and cross entropy.</summary>
internal static class ReferenceRowOps
{
    public static IReadOnlyList<ReferenceOperation> All { get; } =
    [
        Of(64, "sum_rows_f32", 2, 0, 0, c => Fill(c[0], j => Sum(c[1].ColumnOf(j)))),
        Of(65, "sum_columns_f32", 2, 0, 0, c => Fill(c[0], i => Sum(c[1].RowOf(i)))),
        Of(66, "max_columns_f32", 2, 0, 0, c => Fill(c[0], i => Maximum(c[1].RowOf(i)))),
        Of(67, "sum_squares_f32", 2, 0, 0, c => Fill(c[0], i => Dot(c[1].RowOf(i), c[1].RowOf(i)))),
        Of(68, "argmax_rows_f32", 2, 0, 0, ArgMax),
        Of(69, "softmax_f32", 2, 0, 0, c => Rows(c[0], i => Softmax(c[1].RowOf(i)))),
        Of(70, "softmax_causal_f32", 2, 1, 0, Causal),
        Of(71, "softmax_gradient_f32", 3, 0, 0, c => Rows(c[0], i => SoftmaxGradient(c[1].RowOf(i), c[2].RowOf(i)))),
        Of(72, "cross_entropy_f32", 3, 0, 0, CrossEntropy),
        Of(73, "cross_entropy_gradient_f32", 3, 1, 0, CrossEntropyGradient),
    ];

    /// <summary>Chain of acc + x from +0.</summary>
    public static float Sum(float[] values) => values.Aggregate(0f, (sum, x) => sum + x);

    /// <summary>Chain of fma(x, y, acc) from +0.</summary>
    public static float Dot(float[] xs, float[] ys) => xs.Zip(ys).Aggregate(0f, (sum, p) => MathF.FusedMultiplyAdd(p.First, p.Second, sum));

    public static void Fill(ReferenceTensor destination, Func<int, float> value)
    {
        for (int i = 0; i < destination.Count; i++)
        {
            destination.SetF(i, value(i));
        }
    }

    /// <summary>Replaces rows one by one.</summary>
    public static void Rows(ReferenceTensor destination, Func<int, float[]> value)
    {
        for (int i = 0; i < destination.Rows; i++)
        {
            float[] row = value(i);
            for (int j = 0; j < row.Length; j++)
            {
                destination.SetF(i, j, row[j]);
            }
        }
    }

    private static float Maximum(float[] values) => values.Aggregate(ReferenceFloatOps.Greater);

    private static float[] Exponentials(float[] x)
    {
        float m = Maximum(x);
        return [.. x.Select(value => Fp32.Exp(value - m))];
    }

    private static float[] Softmax(float[] x)
    {
        float[] e = Exponentials(x);
        return [.. e.Select(value => value / Sum(e))];
    }

    private static void ArgMax(ReferenceCall c)
    {
        for (int i = 0; i < c[0].Rows; i++)
        {
            float[] x = c[1].RowOf(i);
            c[0][i] = Enumerable.Range(0, x.Length).Aggregate(0, (best, j) => x[j] > x[best] ? j : best);
        }
    }

    private static void Causal(ReferenceCall c) => Rows(c[0], i =>
    {
        int seen = Math.Min((i % c.Immediates[0]) + 1, c[0].Columns);
        return [.. Softmax([.. c[1].RowOf(i).Take(seen)]), .. new float[c[0].Columns - seen]];
    });

    private static float[] SoftmaxGradient(float[] g, float[] y)
    {
        float t = Dot(g, y);
        return [.. g.Zip(y, (gj, yj) => yj * (gj - t))];
    }

    private static void CrossEntropy(ReferenceCall c)
    {
        c.DemandBelow(2, c[1].Columns);
        Fill(c[0], i =>
        {
            float[] x = c[1].RowOf(i);
            return Fp32.Log(Sum(Exponentials(x))) - (x[c[2][i]] - Maximum(x));
        });
    }

    private static void CrossEntropyGradient(ReferenceCall c)
    {
        c.DemandBelow(2, c[1].Columns);
        Rows(c[0], i => [.. Softmax(c[1].RowOf(i)).Select((p, j) => (p - (j == c[2][i] ? 1f : 0f)) * c.Real(0))]);
    }
}
