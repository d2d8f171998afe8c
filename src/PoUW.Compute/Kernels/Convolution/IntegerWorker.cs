using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.IntegerGemm;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>What one thread needs for int8 convolutions: a product engine and working memory. Not thread-safe.</summary>
internal sealed unsafe class IntegerWorker(IGemmEngine gemm) : IDisposable
{
    private readonly ScratchBuffer _columns = new();
    private readonly ScratchBuffer _operand = new();
    private readonly ScratchBuffer _result = new();
    private readonly ScratchBuffer _sum = new();

    /// <summary>For padded copies of images.</summary>
    public ScratchBuffer Padded { get; } = new();

    /// <summary>Unfolded windows.</summary>
    public sbyte* Columns(long bytes) => Bytes(_columns, bytes);

    /// <summary>A dense copy of an operand.</summary>
    public sbyte* Operand(long bytes) => Bytes(_operand, bytes);

    /// <summary>Results of a product that go elsewhere.</summary>
    public int* Result(long ints) => _result.Reserve(ints);

    /// <summary>Sums of the products of this worker.</summary>
    public int* Sum(long ints) => _sum.Reserve(ints);

    /// <summary>C = op(A) * op(B) modulo 2^32.</summary>
    /// <exception cref="InvalidOperationException">The engine is not exact for these operands.</exception>
    public void Multiply(in MatMulShape shape, sbyte* a, sbyte* b, int* c)
    {
        if (!gemm.Multiply(shape, new OutputRegion(0, shape.M, 0, shape.N), a, b, c))
        {
            throw new InvalidOperationException("The engine cannot multiply these operands.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        gemm.Dispose();
        Padded.Dispose();
        _columns.Dispose();
        _operand.Dispose();
        _result.Dispose();
        _sum.Dispose();
    }

    private static sbyte* Bytes(ScratchBuffer buffer, long bytes) => (sbyte*)buffer.Reserve((bytes / sizeof(int)) + 1);
}
