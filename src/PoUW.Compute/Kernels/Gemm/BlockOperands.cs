namespace PoUW.Compute.Kernels.Gemm;

/// <summary>One product, or the part of one, that one thread computes: row-major operands with row strides in floats.</summary>
internal unsafe struct BlockOperands
{
    /// <summary>Rows of C.</summary>
    public int M;

    /// <summary>Inner dimension.</summary>
    public int K;

    /// <summary>Columns of C.</summary>
    public int N;

    /// <summary>A[0, 0].</summary>
    public float* A;

    /// <summary>Row stride of the stored A.</summary>
    public nint StrideA;

    /// <summary>A is stored K x M.</summary>
    public bool TransposeA;

    /// <summary>B[0, 0].</summary>
    public float* B;

    /// <summary>Row stride of the stored B.</summary>
    public nint StrideB;

    /// <summary>B is stored N x K.</summary>
    public bool TransposeB;

    /// <summary>C[0, 0].</summary>
    public float* C;

    /// <summary>Row stride of C.</summary>
    public nint StrideC;

    /// <summary>Start from the old C.</summary>
    public bool Accumulate;
}
