using PoUW.Vm.Arithmetic;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Operations.Float.FloatRows;

namespace PoUW.Vm.Operations.Float;

/// <summary>
/// Definitions of softmax and cross entropy. Of a row x: m is its maximum, e_j = exp(x_j - m), S the chain of acc + e_j from +0 in
/// increasing order of j.
/// </summary>
internal static class FloatSoftmax
{
    public static long Softmax(in TensorCall call)
    {
        for (int row = 0; row < call[0].Rows; row++)
        {
            Normalise(Row(call[1], row), Row(call[0], row));
        }

        return 0;
    }

    /// <summary>Immediate: block.</summary>
    public static long Causal(in TensorCall call)
    {
        int block = call.Immediates[0];
        for (int row = 0; row < call[0].Rows; row++)
        {
            int last = Math.Min(row % block, call[0].Columns - 1);
            Span<float> result = Row(call[0], row);
            Normalise(Row(call[1], row)[..(last + 1)], result);
            result[(last + 1)..].Clear();
        }

        return 0;
    }

    public static long Gradient(in TensorCall call)
    {
        for (int row = 0; row < call[0].Rows; row++)
        {
            Span<float> d = Row(call[0], row);
            ReadOnlySpan<float> g = Row(call[1], row);
            ReadOnlySpan<float> y = Row(call[2], row);
            float t = Dot(g, y);
            for (int j = 0; j < d.Length; j++)
            {
                d[j] = Fp32.Canonical(y[j] * (g[j] - t));
            }
        }

        return 0;
    }

    public static long CrossEntropy(in TensorCall call)
    {
        for (int row = 0; row < call[1].Rows; row++)
        {
            ReadOnlySpan<float> x = Row(call[1], row);
            float m = FloatReductions.Maximum(x);
            float loss = Fp32.Log(SumOfExponentials(x, m)) - (x[Label(call[2], row)] - m);
            call[0].Float32[row] = Fp32.Canonical(loss);
        }

        return 0;
    }

    /// <summary>Immediate: scale.</summary>
    public static long CrossEntropyGradient(in TensorCall call)
    {
        float scale = call.FloatImmediate(0);
        for (int row = 0; row < call[0].Rows; row++)
        {
            Span<float> d = Row(call[0], row);
            ReadOnlySpan<float> x = Row(call[1], row);
            int label = Label(call[2], row);
            float m = FloatReductions.Maximum(x);
            float sum = SumOfExponentials(x, m);
            for (int j = 0; j < d.Length; j++)
            {
                float target = j == label ? 1 : 0;
                d[j] = Fp32.Canonical(((Fp32.Exp(x[j] - m) / sum) - target) * scale);
            }
        }

        return 0;
    }

    /// <summary>result_j = e_j / S. Both may be the same row: e_j is computed again when x_j is replaced.</summary>
    private static void Normalise(ReadOnlySpan<float> x, Span<float> result)
    {
        float m = FloatReductions.Maximum(x);
        float sum = SumOfExponentials(x, m);
        for (int j = 0; j < x.Length; j++)
        {
            result[j] = Fp32.Canonical(Fp32.Exp(x[j] - m) / sum);
        }
    }

    private static float SumOfExponentials(ReadOnlySpan<float> x, float m)
    {
        float sum = 0;
        foreach (float value in x)
        {
            sum += Fp32.Exp(value - m);
        }

        return sum;
    }

    private static int Label(Tensor labels, int row) => labels.Type == TensorType.UInt8 ? labels.UInt8[row] : labels.Int32[row];
}
