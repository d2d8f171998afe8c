using PoUW.Vm.Bytecode;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Backends;

/// <summary>
/// The definition of every tensor operation, written to be read: one element at a time, no tricks. Auditors and tests compare others
/// with it. Holds nothing between calls and is therefore thread-safe.
/// </summary>
public sealed class ScalarBackend : ITensorBackend
{
    /// <inheritdoc/>
    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        ReadOnlySpan<sbyte> left = a.Int8;
        ReadOnlySpan<sbyte> right = b.Int8;
        Span<int> result = c.Int32;
        for (int row = 0; row < shape.M; row++)
        {
            for (int column = 0; column < shape.N; column++)
            {
                int sum = 0;
                for (int k = 0; k < shape.K; k++)
                {
                    int x = left[shape.TransposeA ? (k * shape.M) + row : (row * shape.K) + k];
                    int y = right[shape.TransposeB ? (column * shape.K) + k : (k * shape.N) + column];
                    sum += x * y;
                }

                result[(row * shape.N) + column] = sum;
            }
        }
    }

    /// <inheritdoc/>
    public long VectorOp(in VectorOperation operation, in VectorOperands operands)
    {
        switch (operation.Code)
        {
            case VectorOpcode.MaxAbs:
                return ScalarReductions.MaxAbs(operands.First);
            case VectorOpcode.Sum:
                return ScalarReductions.Sum(operands.First);
            case VectorOpcode.CountEqual:
                return ScalarReductions.CountEqual(operands.First.Int32, operands.Second.UInt8, (int)operation.Argument0);
            case VectorOpcode.ArgMaxRows:
                ScalarReductions.ArgMaxRows(operands.First.Int32, operands.Second);
                return 0;
            case VectorOpcode.SoftmaxCrossEntropyGradient:
                ScalarSoftmax.Gradient(operation, operands);
                return 0;
            case VectorOpcode.SoftmaxCrossEntropyLoss:
                return ScalarSoftmax.Loss(operation, operands);
            case VectorOpcode.GatherRows or VectorOpcode.KeyedPermutation or VectorOpcode.UniformFill or VectorOpcode.Sequence
                or VectorOpcode.Fill:
                ScalarFills.Run(operation, operands);
                return 0;
            default:
                ScalarElementwise.Run(operation, operands);
                return 0;
        }
    }

    /// <inheritdoc/>
    public void MemCopy(in RowRange rows, Tensor destination, Tensor source)
    {
        int rowBytes = source.Bytes.Length / source.Rows;
        source.Bytes.Slice(rows.SourceRow * rowBytes, rows.Count * rowBytes)
            .CopyTo(destination.Bytes[(rows.DestinationRow * rowBytes)..]);
    }

    /// <inheritdoc/>
    public void Checkpoint(string name, IReadOnlyList<Tensor> state)
    {
        // The tensors are host memory already: nothing has to be brought home.
    }
}
