using PoUW.Vm.Tensors;

namespace PoUW.Compute.Backends;

/// <summary>An int8 product kernel with its working memory. Not thread-safe.</summary>
internal unsafe interface IGemmEngine : IDisposable
{
    /// <summary>C = op(A) * op(B) on row-major memory.</summary>
    void Multiply(in MatMulShape shape, sbyte* a, sbyte* b, int* c);
}
