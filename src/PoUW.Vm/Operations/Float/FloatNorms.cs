using PoUW.Vm.Arithmetic;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Operations.Float.FloatRows;

namespace PoUW.Vm.Operations.Float;

/// <summary>Definitions of layer norm (statistics of a row) and batch norm (statistics of a column).</summary>
internal static class FloatNorms
{
    /// <summary>Operands: y, mean, rstd, x, gamma, beta. Immediate: eps.</summary>
    public static long LayerNorm(in TensorCall call)
    {
        float eps = call.FloatImmediate(0);
        ReadOnlySpan<float> gamma = call[4].Float32;
        ReadOnlySpan<float> beta = call[5].Float32;
        for (int row = 0; row < call[3].Rows; row++)
        {
            Span<float> y = Row(call[0], row);
            ReadOnlySpan<float> x = Row(call[3], row);
            float mean = Sum(x) / x.Length;
            float rstd = Fp32.Rsqrt((SquaredDeviations(x, mean) / x.Length) + eps);
            for (int j = 0; j < x.Length; j++)
            {
                y[j] = Fp32.Canonical(MathF.FusedMultiplyAdd(Normalised(x[j], mean, rstd), gamma[j], beta[j]));
            }

            call[1].Float32[row] = Fp32.Canonical(mean);
            call[2].Float32[row] = Fp32.Canonical(rstd);
        }

        return 0;
    }

    /// <summary>Operands: dx, g, x, mean, rstd, gamma.</summary>
    public static long LayerNormGradient(in TensorCall call)
    {
        ReadOnlySpan<float> gamma = call[5].Float32;
        for (int row = 0; row < call[0].Rows; row++)
        {
            Span<float> dx = Row(call[0], row);
            ReadOnlySpan<float> g = Row(call[1], row);
            (float mean, float rstd) = (call[3].Float32[row], call[4].Float32[row]);
            float[] h = new float[g.Length];
            for (int j = 0; j < h.Length; j++)
            {
                h[j] = g[j] * gamma[j];
            }

            float[] xhat = Normalised(Row(call[2], row), mean, rstd);
            float s1 = Sum(h);
            float s2 = Dot(h, xhat);
            for (int j = 0; j < h.Length; j++)
            {
                dx[j] = Fp32.Canonical(rstd * (h[j] - ((s1 / h.Length) + (xhat[j] * (s2 / h.Length)))));
            }
        }

        return 0;
    }

    /// <summary>Operands: dgamma, dbeta, g, x, mean, rstd.</summary>
    public static long LayerNormParametersGradient(in TensorCall call)
    {
        ReadOnlySpan<float> mean = call[4].Float32;
        ReadOnlySpan<float> rstd = call[5].Float32;
        for (int column = 0; column < call[2].Columns; column++)
        {
            float[] g = Column(call[2], column);
            float[] xhat = Column(call[3], column);
            for (int row = 0; row < xhat.Length; row++)
            {
                xhat[row] = Normalised(xhat[row], mean[row], rstd[row]);
            }

            call[0].Float32[column] = Fp32.Canonical(Dot(g, xhat));
            call[1].Float32[column] = Fp32.Canonical(Sum(g));
        }

        return 0;
    }

    /// <summary>Operands: y, mean, rstd, running_mean, running_var, x, gamma, beta. Immediates: eps, momentum.</summary>
    public static long BatchNormTrain(in TensorCall call)
    {
        (float eps, float momentum) = (call.FloatImmediate(0), call.FloatImmediate(1));
        for (int column = 0; column < call[5].Columns; column++)
        {
            float[] x = Column(call[5], column);
            float mean = Sum(x) / x.Length;
            float squares = SquaredDeviations(x, mean);
            float rstd = Fp32.Rsqrt((squares / x.Length) + eps);
            ScaleColumn(call[0], column, Normalised(x, mean, rstd), call[6].Float32[column], call[7].Float32[column]);
            call[1].Float32[column] = Fp32.Canonical(mean);
            call[2].Float32[column] = Fp32.Canonical(rstd);
            Blend(ref call[3].Float32[column], mean, momentum);
            Blend(ref call[4].Float32[column], squares / (x.Length - 1), momentum);
        }

        return 0;
    }

    /// <summary>Operands: y, x, running_mean, running_var, gamma, beta. Immediate: eps.</summary>
    public static long BatchNorm(in TensorCall call)
    {
        float eps = call.FloatImmediate(0);
        for (int column = 0; column < call[0].Columns; column++)
        {
            float rstd = Fp32.Rsqrt(call[3].Float32[column] + eps);
            float[] xhat = Normalised(Column(call[1], column), call[2].Float32[column], rstd);
            ScaleColumn(call[0], column, xhat, call[4].Float32[column], call[5].Float32[column]);
        }

        return 0;
    }

    /// <summary>Operands: dx, dgamma, dbeta, g, x, mean, rstd, gamma.</summary>
    public static long BatchNormGradient(in TensorCall call)
    {
        Span<float> dx = call[0].Float32;
        int columns = call[0].Columns;
        for (int column = 0; column < columns; column++)
        {
            float rstd = call[6].Float32[column];
            float[] g = Column(call[3], column);
            float[] xhat = Normalised(Column(call[4], column), call[5].Float32[column], rstd);
            float s1 = Sum(g);
            float s2 = Dot(g, xhat);
            float scale = call[7].Float32[column] * rstd;
            for (int row = 0; row < g.Length; row++)
            {
                float value = scale * (g[row] - ((s1 / g.Length) + (xhat[row] * (s2 / g.Length))));
                dx[(row * columns) + column] = Fp32.Canonical(value);
            }

            call[1].Float32[column] = Fp32.Canonical(s2);
            call[2].Float32[column] = Fp32.Canonical(s1);
        }

        return 0;
    }

    /// <summary>Chain of fma(x - mean, x - mean, acc) from +0 in increasing order.</summary>
    private static float SquaredDeviations(ReadOnlySpan<float> x, float mean)
    {
        float sum = 0;
        foreach (float value in x)
        {
            sum = MathF.FusedMultiplyAdd(value - mean, value - mean, sum);
        }

        return sum;
    }

    private static float Normalised(float x, float mean, float rstd) => (x - mean) * rstd;

    private static float[] Normalised(ReadOnlySpan<float> x, float mean, float rstd)
    {
        float[] xhat = new float[x.Length];
        for (int i = 0; i < xhat.Length; i++)
        {
            xhat[i] = Normalised(x[i], mean, rstd);
        }

        return xhat;
    }

    private static void ScaleColumn(Tensor y, int column, ReadOnlySpan<float> xhat, float gamma, float beta)
    {
        for (int row = 0; row < xhat.Length; row++)
        {
            y.Float32[(row * y.Columns) + column] = Fp32.Canonical(MathF.FusedMultiplyAdd(xhat[row], gamma, beta));
        }
    }

    /// <summary>running = (1 - momentum) * running + momentum * current: two products and their sum, each rounded.</summary>
    private static void Blend(ref float running, float current, float momentum) =>
        running = Fp32.Canonical(((1 - momentum) * running) + (momentum * current));
}
