using PoUW.Vm.Tensors;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>Integer products on one device. One call at a time.</summary>
internal interface IDeviceProduct
{
    /// <summary>Computes some rows of C = op(A) * op(B).</summary>
    /// <param name="shape">The whole product.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="a">Stored A, whole.</param>
    /// <param name="b">Stored B, whole.</param>
    /// <param name="c">C, whole; the other rows are left alone.</param>
    /// <returns>What became of it; if it is not done, the rows are undefined.</returns>
    ProductOutcome Multiply(in MatMulShape shape, Range rows, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c);
}
