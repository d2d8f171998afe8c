using static PoUW.Vm.Operations.OperandSpec;

namespace PoUW.Vm.Operations.Float;

/// <summary>
/// Layer norm (statistics of a row) and batch norm (statistics of a column) of lane R. All tensors are Float32; x, y, g and dx are R x C,
/// gamma, beta and their gradients 1 x C. A chain starts at +0 and takes the elements in increasing order of their index. +, -, *, / round
/// once each to nearest even with denormals kept, in the order of the parentheses; fma rounds once; C and R are converted to fp32 before
/// a division; every NaN that is stored is 0x7FC00000.
/// </summary>
public static class FloatNormOps
{
    private static readonly ImmediateSpec Eps = ImmediateSpec.Float("eps");

    /// <summary>
    /// Of each row: mean = (chain of acc + x) / C; var = (chain of fma(x - mean, x - mean, acc)) / C; rstd = Fp32.Rsqrt(var + eps);
    /// y = fma((x - mean) * rstd, gamma, beta). mean and rstd are R x 1; eps is above 0.
    /// </summary>
    public static TensorOp LayerNorm { get; } =
        new(74, "layer_norm_f32", WriteFloat("y"), WriteFloat("mean"), WriteFloat("rstd"), ReadFloat("x"), ReadFloat("gamma"), ReadFloat("beta"))
        {
            Immediates = [Eps],
            Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("y", c[0], c[3])
                ?? ShapeRules.Column("mean", c[1], c[3].Rows)
                ?? ShapeRules.Column("rstd", c[2], c[3].Rows)
                ?? ShapeRules.Row("gamma", c[4], c[3].Columns)
                ?? ShapeRules.Row("beta", c[5], c[3].Columns)
                ?? PositiveEps(c),
            GasWeight = 10,
            Defined = FloatNorms.LayerNorm,
        };

    /// <summary>
    /// Of each row: h = g * gamma; xhat = (x - mean) * rstd; s1 = chain of acc + h; s2 = chain of fma(h, xhat, acc);
    /// dx = rstd * (h - ((s1 / C) + (xhat * (s2 / C)))).
    /// </summary>
    public static TensorOp LayerNormGradient { get; } =
        new(75, "layer_norm_gradient_f32", WriteFloat("dx"), ReadFloat("g"), ReadFloat("x"), ReadFloat("mean"), ReadFloat("rstd"), ReadFloat("gamma"))
        {
            Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("g", c[1], c[0])
                ?? ShapeRules.SizeOf("x", c[2], c[0])
                ?? ShapeRules.Column("mean", c[3], c[0].Rows)
                ?? ShapeRules.Column("rstd", c[4], c[0].Rows)
                ?? ShapeRules.Row("gamma", c[5], c[0].Columns),
            GasWeight = 12,
            Defined = FloatNorms.LayerNormGradient,
        };

    /// <summary>
    /// Of each column, over rows: xhat = (x - mean) * rstd; dgamma = chain of fma(g, xhat, acc); dbeta = chain of acc + g.
    /// mean and rstd are R x 1.
    /// </summary>
    public static TensorOp LayerNormParametersGradient { get; } =
        new(
            76,
            "layer_norm_parameters_gradient_f32",
            WriteFloat("dgamma"),
            WriteFloat("dbeta"),
            ReadFloat("g"),
            ReadFloat("x"),
            ReadFloat("mean"),
            ReadFloat("rstd"))
        {
            Shapes = (in TensorCallShape c) => ShapeRules.Row("dgamma", c[0], c[2].Columns)
                ?? ShapeRules.Row("dbeta", c[1], c[2].Columns)
                ?? ShapeRules.SizeOf("x", c[3], c[2])
                ?? ShapeRules.Column("mean", c[4], c[2].Rows)
                ?? ShapeRules.Column("rstd", c[5], c[2].Rows),
            GasWeight = 6,
            GasOperand = 2,
            Defined = FloatNorms.LayerNormParametersGradient,
        };

    /// <summary>
    /// Of each column, over rows: mean = (chain of acc + x) / R; q = chain of fma(x - mean, x - mean, acc);
    /// rstd = Fp32.Rsqrt((q / R) + eps); y = fma((x - mean) * rstd, gamma, beta);
    /// running_mean = ((1 - momentum) * running_mean) + (momentum * mean);
    /// running_var = ((1 - momentum) * running_var) + (momentum * (q / (R - 1))). mean, rstd and the running statistics are 1 x C; R is at
    /// least 2; eps is above 0.
    /// </summary>
    public static TensorOp BatchNormTrain { get; } =
        new(
            77,
            "batch_norm_train_f32",
            WriteFloat("y"),
            WriteFloat("mean"),
            WriteFloat("rstd"),
            UpdateFloat("running_mean"),
            UpdateFloat("running_var"),
            ReadFloat("x"),
            ReadFloat("gamma"),
            ReadFloat("beta"))
        {
            Immediates = [Eps, ImmediateSpec.Float("momentum")],
            Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("y", c[0], c[5])
                ?? ShapeRules.Row("mean", c[1], c[5].Columns)
                ?? ShapeRules.Row("rstd", c[2], c[5].Columns)
                ?? ShapeRules.Row("running_mean", c[3], c[5].Columns)
                ?? ShapeRules.Row("running_var", c[4], c[5].Columns)
                ?? ShapeRules.Row("gamma", c[6], c[5].Columns)
                ?? ShapeRules.Row("beta", c[7], c[5].Columns)
                ?? ShapeRules.Require(c[5].Rows >= 2, $"'x' is {c[5]}, but statistics need 2 rows")
                ?? PositiveEps(c),
            GasWeight = 10,
            Defined = FloatNorms.BatchNormTrain,
        };

    /// <summary>
    /// Of each column: rstd = Fp32.Rsqrt(running_var + eps); y = fma((x - running_mean) * rstd, gamma, beta). The running statistics are
    /// 1 x C; eps is above 0.
    /// </summary>
    public static TensorOp BatchNorm { get; } =
        new(
            78,
            "batch_norm_f32",
            WriteFloat("y"),
            ReadFloat("x"),
            ReadFloat("running_mean"),
            ReadFloat("running_var"),
            ReadFloat("gamma"),
            ReadFloat("beta"))
        {
            Immediates = [Eps],
            Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("x", c[1], c[0])
                ?? ShapeRules.Row("running_mean", c[2], c[0].Columns)
                ?? ShapeRules.Row("running_var", c[3], c[0].Columns)
                ?? ShapeRules.Row("gamma", c[4], c[0].Columns)
                ?? ShapeRules.Row("beta", c[5], c[0].Columns)
                ?? PositiveEps(c),
            GasWeight = 4,
            Defined = FloatNorms.BatchNorm,
        };

    /// <summary>
    /// Of each column, over rows: xhat = (x - mean) * rstd; dbeta = chain of acc + g; dgamma = chain of fma(g, xhat, acc);
    /// dx = (gamma * rstd) * (g - ((dbeta / R) + (xhat * (dgamma / R)))). mean and rstd are 1 x C.
    /// </summary>
    public static TensorOp BatchNormGradient { get; } =
        new(
            79,
            "batch_norm_gradient_f32",
            WriteFloat("dx"),
            WriteFloat("dgamma"),
            WriteFloat("dbeta"),
            ReadFloat("g"),
            ReadFloat("x"),
            ReadFloat("mean"),
            ReadFloat("rstd"),
            ReadFloat("gamma"))
        {
            Shapes = (in TensorCallShape c) => ShapeRules.Row("dgamma", c[1], c[0].Columns)
                ?? ShapeRules.Row("dbeta", c[2], c[0].Columns)
                ?? ShapeRules.SizeOf("g", c[3], c[0])
                ?? ShapeRules.SizeOf("x", c[4], c[0])
                ?? ShapeRules.Row("mean", c[5], c[0].Columns)
                ?? ShapeRules.Row("rstd", c[6], c[0].Columns)
                ?? ShapeRules.Row("gamma", c[7], c[0].Columns),
            GasWeight = 10,
            Defined = FloatNorms.BatchNormGradient,
        };

    /// <summary>The family.</summary>
    internal static IReadOnlyList<TensorOp> All { get; } =
        [LayerNorm, LayerNormGradient, LayerNormParametersGradient, BatchNormTrain, BatchNorm, BatchNormGradient];

    /// <summary>Immediate 0 is eps.</summary>
    private static string? PositiveEps(in TensorCallShape call) => ShapeRules.Require(call.FloatImmediate(0) > 0, "'eps' is not above 0");
}
