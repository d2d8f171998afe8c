using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>Tries a kernel that is exact for small operands only, and repeats the product with a general one where it is not.</summary>
internal sealed unsafe class NarrowFirstEngine(IGemmEngine narrow, IGemmEngine general) : IGemmEngine
{
    public bool Multiply(in MatMulShape shape, in OutputRegion region, sbyte* a, sbyte* b, int* c) =>
        narrow.Multiply(shape, region, a, b, c) || general.Multiply(shape, region, a, b, c);

    public void Dispose()
    {
        narrow.Dispose();
        general.Dispose();
    }
}
