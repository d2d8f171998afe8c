using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>An int8 product kernel with its working memory. Not thread-safe.</summary>
internal unsafe interface IGemmEngine : IDisposable
{
    /// <summary>Computes a region of C = op(A) * op(B), modulo 2^32, on row-major memory.</summary>
    /// <param name="shape">The whole product.</param>
    /// <param name="region">What to compute; the rest of C is not touched.</param>
    /// <param name="a">All of A.</param>
    /// <param name="b">All of B.</param>
    /// <param name="c">All of C.</param>
    /// <returns>False if the operands are outside what the kernel is exact for; the region is then undefined.</returns>
    bool Multiply(in MatMulShape shape, in OutputRegion region, sbyte* a, sbyte* b, int* c);
}
