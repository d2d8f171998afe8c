using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Float;
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
        if (a.Type == TensorType.Float32)
        {
            FloatProduct.Multiply(shape, a.Float32, b.Float32, c.Float32);
        }
        else
        {
            Multiply(shape, a.Int8, b.Int8, c.Int32);
        }
    }

    /// <inheritdoc/>
    public long Run(TensorOp operation, in TensorCall call) => operation.Execute(call);

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

    private static void Multiply(in MatMulShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c)
    {
        for (int row = 0; row < shape.M; row++)
        {
            for (int column = 0; column < shape.N; column++)
            {
                int sum = 0;
                for (int k = 0; k < shape.K; k++)
                {
                    sum += a[shape.IndexOfA(row, k)] * b[shape.IndexOfB(k, column)];
                }

                c[(row * shape.N) + column] = sum;
            }
        }
    }
}
