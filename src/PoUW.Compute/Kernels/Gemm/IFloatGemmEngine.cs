using PoUW.Compute.Threading;

namespace PoUW.Compute.Kernels.Gemm;

/// <summary>The exact product of one lane with the working memory of a team. Not thread-safe.</summary>
internal unsafe interface IFloatGemmEngine : IDisposable
{
    /// <summary>Computes all products of <paramref name="product"/>.</summary>
    void Multiply(in FloatProduct product, float* a, float* b, float* c, ThreadTeam team);
}
