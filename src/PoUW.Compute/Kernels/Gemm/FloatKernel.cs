namespace PoUW.Compute.Kernels.Gemm;

/// <summary>The instruction families for which <see cref="FloatGemm"/> has a kernel. All give the same bits.</summary>
public enum FloatKernel
{
    /// <summary>128-bit vectors; runs on every machine (NEON on Arm64).</summary>
    Portable = 0,

    /// <summary>x86 AVX2 with FMA, 256 bits.</summary>
    Avx2 = 1,

    /// <summary>x86 AVX-512 F, 512 bits.</summary>
    Avx512 = 2,
}
