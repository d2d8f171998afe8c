namespace PoUW.Compute.TileWork;

/// <summary>Which inner kernel a miner uses. All give the same bits.</summary>
public enum TileKernelKind
{
    /// <summary>The fastest that this machine has and that passes the self-test.</summary>
    Auto,

    /// <summary>Vectors of 16-bit products; runs on any machine.</summary>
    Portable,

    /// <summary>8-bit dot products of x86 processors with AVX-VNNI.</summary>
    Vnni,

    /// <summary>16-bit multiply-add of x86 processors with AVX2, 256 bits.</summary>
    Avx2,

    /// <summary>16-bit multiply-add of x86 processors with AVX-512 BW, 512 bits.</summary>
    Avx512,
}
