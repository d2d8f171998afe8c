using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Backends;

/// <summary>
/// Executes the heavy operations of the machine. The scalar backend of this package is the definition; every other backend must give
/// the same bits or refuse to start. The machine checks shapes, types and bounds before it calls, on the thread that runs the program;
/// a backend must not call back into the machine. Whoever runs a backend can lie about its results: that is what audits are for.
/// </summary>
public interface ITensorBackend
{
    /// <summary>
    /// MATMUL. Lane I: Int8 operands in [-64, 63], exact Int32 results. Lane R: Float32; every output is a chain of fused multiply-adds
    /// from +0 over k in increasing order, and a NaN becomes the canonical one. <paramref name="c"/> is overwritten.
    /// </summary>
    /// <param name="shape">The product.</param>
    /// <param name="a">Stored A, Int8 or Float32.</param>
    /// <param name="b">Stored B, of the same type.</param>
    /// <param name="c">M x N, Int32 or Float32; never the same tensor as an operand.</param>
    void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c);

    /// <summary>VECTOROP: what <see cref="TensorOp.Execute"/> defines. The call was checked.</summary>
    /// <returns>The value that the operation pushes; 0 if it pushes none.</returns>
    long Run(TensorOp operation, in TensorCall call);

    /// <summary>MEMCOPY: copies rows; ranges of one tensor may overlap.</summary>
    void MemCopy(in RowRange rows, Tensor destination, Tensor source);

    /// <summary>CHECKPOINT: the state tensors are complete. A backend that keeps copies elsewhere brings them home before it returns.</summary>
    /// <param name="name">Name of the checkpoint.</param>
    /// <param name="state">State slots in program order.</param>
    void Checkpoint(string name, IReadOnlyList<Tensor> state);
}
