using static PoUW.Vm.Operations.OperandSpec;

namespace PoUW.Vm.Operations.Float;

/// <summary>
/// The optimisers of lane R. All tensors are Float32; weights, their gradient g and the optimiser's state have one size; rate is 1 x 1, so
/// that a program can change it. +, -, *, / and square root round once each to nearest even with denormals kept, in the order of the
/// parentheses; fma rounds once; every NaN that is stored is 0x7FC00000. "'" marks a value that is not stored.
/// </summary>
public static class FloatOptimiserOps
{
    private static readonly ImmediateSpec WeightDecay = ImmediateSpec.Float("weight_decay");

    /// <summary>g' = fma(weight_decay, w, g); w = fma(-rate, g', w).</summary>
    public static TensorOp Sgd { get; } = new(96, "sgd_f32", UpdateFloat("w"), ReadFloat("g"), ReadFloat("rate"))
    {
        Immediates = [WeightDecay],
        Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("g", c[1], c[0]) ?? ShapeRules.Size("rate", c[2], 1, 1),
        GasWeight = 3,
        Defined = FloatOptimisers.Sgd,
    };

    /// <summary>
    /// g' = fma(weight_decay, w, g); v = fma(momentum, v, g'); step' = nesterov ? fma(momentum, v, g') with the new v : v;
    /// w = fma(-rate, step', w).
    /// </summary>
    public static TensorOp SgdMomentum { get; } =
        new(97, "sgd_momentum_f32", UpdateFloat("w"), UpdateFloat("v"), ReadFloat("g"), ReadFloat("rate"))
        {
            Immediates = [ImmediateSpec.Float("momentum"), WeightDecay, new("nesterov", 0, 1)],
            Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("v", c[1], c[0])
                ?? ShapeRules.SizeOf("g", c[2], c[0])
                ?? ShapeRules.Size("rate", c[3], 1, 1),
            GasWeight = 4,
            Defined = FloatOptimisers.SgdMomentum,
        };

    /// <summary>
    /// Adam, and AdamW if decoupled. powers (1 x 2) holds beta1^t and beta2^t of this step.
    /// g' = decoupled ? g : fma(weight_decay, w, g); w' = decoupled ? w - ((rate * weight_decay) * w) : w;
    /// m = fma(beta1, m, (1 - beta1) * g'); v = fma(beta2, v, (1 - beta2) * (g' * g'));
    /// w = w' - ((rate / (1 - powers_0)) * (m / ((sqrt(v) / sqrt(1 - powers_1)) + eps))), with the new m and v.
    /// </summary>
    public static TensorOp Adam { get; } =
        new(
            98,
            "adam_f32",
            UpdateFloat("w"),
            UpdateFloat("m"),
            UpdateFloat("v"),
            ReadFloat("g"),
            ReadFloat("rate"),
            ReadFloat("powers"))
        {
            Immediates =
            [
                ImmediateSpec.Float("beta1"), ImmediateSpec.Float("beta2"), ImmediateSpec.Float("eps"), WeightDecay, new("decoupled", 0, 1),
            ],
            Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("m", c[1], c[0])
                ?? ShapeRules.SizeOf("v", c[2], c[0])
                ?? ShapeRules.SizeOf("g", c[3], c[0])
                ?? ShapeRules.Size("rate", c[4], 1, 1)
                ?? ShapeRules.Size("powers", c[5], 1, 2),
            GasWeight = 12,
            Defined = FloatOptimisers.Adam,
        };

    /// <summary>
    /// The factor that bounds the norm of all gradients: d (1 x 1) = Fp32.Min(1, maximum / (sqrt(total) + 1e-6)), total (1 x 1) the sum of
    /// the squares of all gradients. NaN if total is NaN or below zero.
    /// </summary>
    public static TensorOp ClipScale { get; } = new(99, "clip_scale_f32", WriteFloat("d"), ReadFloat("total"))
    {
        Immediates = [ImmediateSpec.Float("maximum")],
        Shapes = (in TensorCallShape c) => ShapeRules.Size("d", c[0], 1, 1) ?? ShapeRules.Size("total", c[1], 1, 1),
        GasWeight = 4,
        Defined = FloatOptimisers.ClipScale,
    };

    /// <summary>The family.</summary>
    internal static IReadOnlyList<TensorOp> All { get; } = [Sgd, SgdMomentum, Adam, ClipScale];
}
