namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>
/// How a device multiplies integers exactly. All give the same bits: every partial sum is an integer that the number type holds, so no
/// order, fusion or rounding mode can change it. That holds for what IEEE arithmetic does; whether a device does so is what the self-test asks.
/// </summary>
public enum ProductMethod
{
    /// <summary>It does not: the default backend does.</summary>
    None = 0,

    /// <summary>fp32 sums of operands rounded to TF32, which holds integers to 2,048: tensor cores. Segments of 1,024 products.</summary>
    Tf32 = 1,

    /// <summary>fp32: segments of 1,024 products of 8-bit operands stay within 2^24.</summary>
    Float32 = 2,

    /// <summary>fp64: 2^53 is beyond any product of the machine.</summary>
    Float64 = 3,
}
