using static PoUW.Vm.Tests.Reference.ReferenceFloatOps;
using static PoUW.Vm.Tests.Reference.ReferenceOperation;
using static PoUW.Vm.Tests.Reference.ReferenceRowOps;

namespace PoUW.Vm.Tests.Reference;

/// <summary>Norms and optimisers of lane R.</summary>
internal static class ReferenceLearningOps
{
    public static IReadOnlyList<ReferenceOperation> All { get; } =
    [
        Of(74, "layer_norm_f32", 6, 1, 0, LayerNorm),
        Of(75, "layer_norm_gradient_f32", 6, 0, 0, LayerNormGradient),
        Of(76, "layer_norm_parameters_gradient_f32", 6, 0, 0, LayerNormParameters),
        Of(77, "batch_norm_train_f32", 8, 2, 0, BatchNormTrain),
        Of(78, "batch_norm_f32", 6, 1, 0, BatchNorm),
        Of(79, "batch_norm_gradient_f32", 8, 0, 0, BatchNormGradient),
        Of(96, "sgd_f32", 3, 1, 0, Sgd),
        Of(97, "sgd_momentum_f32", 4, 3, 0, SgdMomentum),
        Of(98, "adam_f32", 6, 5, 0, Adam),
        Of(99, "clip_scale_f32", 2, 1, 0, c => c[0].SetF(0, -Greater(-1, -(c.Real(0) / (MathF.Sqrt(c[1].F(0)) + 1e-6f))))),
    ];

    private static float Fma(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    private static (float Mean, float Squares) Moments(float[] x)
    {
        float mean = Sum(x) / x.Length;
        float[] away = [.. x.Select(value => value - mean)];
        return (mean, Dot(away, away));
    }

    private static void LayerNorm(ReferenceCall c)
    {
        for (int i = 0; i < c[3].Rows; i++)
        {
            float[] x = c[3].RowOf(i);
            (float mean, float squares) = Moments(x);
            float rstd = Rsqrt((squares / x.Length) + c.Real(0));
            c[1].SetF(i, mean);
            c[2].SetF(i, rstd);
            for (int j = 0; j < x.Length; j++)
            {
                c[0].SetF(i, j, Fma((x[j] - mean) * rstd, c[4].F(j), c[5].F(j)));
            }
        }
    }

    private static void LayerNormGradient(ReferenceCall c) => Rows(c[0], i =>
    {
        float[] h = [.. c[1].RowOf(i).Select((g, j) => g * c[5].F(j))];
        float[] xhat = [.. c[2].RowOf(i).Select(x => (x - c[3].F(i)) * c[4].F(i))];
        float average = Sum(h) / h.Length;
        float slope = Dot(h, xhat) / h.Length;
        return [.. h.Zip(xhat, (hj, xj) => c[4].F(i) * (hj - (average + (xj * slope))))];
    });

    private static void LayerNormParameters(ReferenceCall c)
    {
        for (int j = 0; j < c[2].Columns; j++)
        {
            float[] xhat = [.. c[3].ColumnOf(j).Select((x, i) => (x - c[4].F(i)) * c[5].F(i))];
            c[0].SetF(j, Dot(c[2].ColumnOf(j), xhat));
            c[1].SetF(j, Sum(c[2].ColumnOf(j)));
        }
    }

    private static void BatchNormTrain(ReferenceCall c)
    {
        float momentum = c.Real(1);
        float Blend(float old, float now) => ((1 - momentum) * old) + (momentum * now);
        for (int j = 0; j < c[5].Columns; j++)
        {
            float[] x = c[5].ColumnOf(j);
            (float mean, float squares) = Moments(x);
            float rstd = Rsqrt((squares / x.Length) + c.Real(0));
            c[1].SetF(j, mean);
            c[2].SetF(j, rstd);
            c[3].SetF(j, Blend(c[3].F(j), mean));
            c[4].SetF(j, Blend(c[4].F(j), squares / (x.Length - 1)));
            for (int i = 0; i < x.Length; i++)
            {
                c[0].SetF(i, j, Fma((x[i] - mean) * rstd, c[6].F(j), c[7].F(j)));
            }
        }
    }

    private static void BatchNorm(ReferenceCall c) => Fill(c[0], at =>
    {
        int j = at % c[0].Columns;
        float rstd = Rsqrt(c[3].F(j) + c.Real(0));
        return Fma((c[1].F(at) - c[2].F(j)) * rstd, c[4].F(j), c[5].F(j));
    });

    private static void BatchNormGradient(ReferenceCall c)
    {
        for (int j = 0; j < c[0].Columns; j++)
        {
            float[] g = c[3].ColumnOf(j);
            float[] xhat = [.. c[4].ColumnOf(j).Select(x => (x - c[5].F(j)) * c[6].F(j))];
            (float dbeta, float dgamma) = (Sum(g), Dot(g, xhat));
            c[1].SetF(j, dgamma);
            c[2].SetF(j, dbeta);
            for (int i = 0; i < g.Length; i++)
            {
                c[0].SetF(i, j, (c[7].F(j) * c[6].F(j)) * (g[i] - ((dbeta / g.Length) + (xhat[i] * (dgamma / g.Length)))));
            }
        }
    }

    private static void Sgd(ReferenceCall c) =>
        Fill(c[0], i => Fma(-c[2].F(0), Fma(c.Real(0), c[0].F(i), c[1].F(i)), c[0].F(i)));

    private static void SgdMomentum(ReferenceCall c)
    {
        for (int i = 0; i < c[0].Count; i++)
        {
            float g = Fma(c.Real(1), c[0].F(i), c[2].F(i));
            float v = Fma(c.Real(0), c[1].F(i), g);
            float step = c.Immediates[2] == 1 ? Fma(c.Real(0), v, g) : v;
            c[1].SetF(i, v);
            c[0].SetF(i, Fma(-c[3].F(0), step, c[0].F(i)));
        }
    }

    private static void Adam(ReferenceCall c)
    {
        (float beta1, float beta2, float eps, float decay) = (c.Real(0), c.Real(1), c.Real(2), c.Real(3));
        (float rate, float power1, float power2) = (c[4].F(0), c[5].F(0), c[5].F(1));
        for (int i = 0; i < c[0].Count; i++)
        {
            (float w, float g) = (c[0].F(i), c[3].F(i));
            if (c.Immediates[4] == 1)
            {
                w -= (rate * decay) * w;
            }
            else
            {
                g = Fma(decay, w, g);
            }

            float m = Fma(beta1, c[1].F(i), (1 - beta1) * g);
            float v = Fma(beta2, c[2].F(i), (1 - beta2) * (g * g));
            c[1].SetF(i, m);
            c[2].SetF(i, v);
            c[0].SetF(i, w - ((rate / (1 - power1)) * (m / ((MathF.Sqrt(v) / MathF.Sqrt(1 - power2)) + eps))));
        }
    }
}
