namespace PoUW.Compute.Backends;

/// <summary>The instruction families for which <see cref="CpuBackend"/> has a product kernel. All give the same bits.</summary>
public enum CpuKernel
{
    /// <summary>Runs on every machine.</summary>
    Portable = 0,

    /// <summary>x86 AVX2: 16-bit multiply-add, 256 bits.</summary>
    Avx2 = 1,

    /// <summary>x86 AVX-512 BW: 16-bit multiply-add, 512 bits.</summary>
    Avx512 = 2,

    /// <summary>x86 AVX-VNNI: 8-bit dot products, 256 bits.</summary>
    AvxVnni = 3,

    /// <summary>
    /// x86 AVX-512 BW: 8-bit multiply-add, 512 bits, for operands in [-64, 63]. A product with an operand outside that is repeated by
    /// <see cref="AvxVnni"/> or <see cref="Avx512"/>.
    /// </summary>
    Avx512Byte = 4,

    /// <summary>No kernels: the definitions themselves. In use where a self-test fails.</summary>
    Scalar = 5,
}
