using PoUW.Vm.Arithmetic;

namespace PoUW.Vm.Operations.Float;

/// <summary>Definitions of the optimisers, weight by weight.</summary>
internal static class FloatOptimisers
{
    private const float ClipEps = 1e-6f;

    /// <summary>Operands: w, g, rate. Immediate: weight_decay.</summary>
    public static long Sgd(in TensorCall call)
    {
        float decay = call.FloatImmediate(0);
        Span<float> w = call[0].Float32;
        ReadOnlySpan<float> g = call[1].Float32;
        float rate = call[2].Float32[0];
        for (int i = 0; i < w.Length; i++)
        {
            float decayed = MathF.FusedMultiplyAdd(decay, w[i], g[i]);
            w[i] = Fp32.Canonical(MathF.FusedMultiplyAdd(-rate, decayed, w[i]));
        }

        return 0;
    }

    /// <summary>Operands: w, v, g, rate. Immediates: momentum, weight_decay, nesterov.</summary>
    public static long SgdMomentum(in TensorCall call)
    {
        (float momentum, float decay, bool nesterov) = (call.FloatImmediate(0), call.FloatImmediate(1), call.Immediates[2] == 1);
        Span<float> w = call[0].Float32;
        Span<float> v = call[1].Float32;
        ReadOnlySpan<float> g = call[2].Float32;
        float rate = call[3].Float32[0];
        for (int i = 0; i < w.Length; i++)
        {
            float decayed = MathF.FusedMultiplyAdd(decay, w[i], g[i]);
            float velocity = MathF.FusedMultiplyAdd(momentum, v[i], decayed);
            float step = nesterov ? MathF.FusedMultiplyAdd(momentum, velocity, decayed) : velocity;
            v[i] = Fp32.Canonical(velocity);
            w[i] = Fp32.Canonical(MathF.FusedMultiplyAdd(-rate, step, w[i]));
        }

        return 0;
    }

    /// <summary>Operands: w, m, v, g, rate, powers. Immediates: beta1, beta2, eps, weight_decay, decoupled.</summary>
    public static long Adam(in TensorCall call)
    {
        (float beta1, float beta2, float eps) = (call.FloatImmediate(0), call.FloatImmediate(1), call.FloatImmediate(2));
        (float decay, bool decoupled) = (call.FloatImmediate(3), call.Immediates[4] == 1);
        Span<float> w = call[0].Float32;
        Span<float> m = call[1].Float32;
        Span<float> v = call[2].Float32;
        ReadOnlySpan<float> g = call[3].Float32;
        float rate = call[4].Float32[0];
        float step = rate / (1 - call[5].Float32[0]);
        float root = MathF.Sqrt(1 - call[5].Float32[1]);
        for (int i = 0; i < w.Length; i++)
        {
            float gradient = decoupled ? g[i] : MathF.FusedMultiplyAdd(decay, w[i], g[i]);
            float start = decoupled ? w[i] - ((rate * decay) * w[i]) : w[i];
            float first = MathF.FusedMultiplyAdd(beta1, m[i], (1 - beta1) * gradient);
            float second = MathF.FusedMultiplyAdd(beta2, v[i], (1 - beta2) * (gradient * gradient));
            float denominator = (MathF.Sqrt(second) / root) + eps;
            m[i] = Fp32.Canonical(first);
            v[i] = Fp32.Canonical(second);
            w[i] = Fp32.Canonical(start - (step * (first / denominator)));
        }

        return 0;
    }

    /// <summary>Operands: d, total. Immediate: maximum.</summary>
    public static long ClipScale(in TensorCall call)
    {
        float maximum = call.FloatImmediate(0);
        float total = call[1].Float32[0];
        call[0].Float32[0] = Fp32.Min(1, maximum / (MathF.Sqrt(total) + ClipEps));
        return 0;
    }
}
