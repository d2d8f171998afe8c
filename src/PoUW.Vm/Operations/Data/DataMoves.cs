using PoUW.Vm.Arithmetic;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Operations.Data;

/// <summary>Definitions of the operations that move elements. A move copies bits, so a NaN stays as it is.</summary>
internal static class DataMoves
{
    private const int Dimensions = 4;

    public static long Transpose(in TensorCall call)
    {
        (Tensor destination, Tensor source) = (call[0], call[1]);
        for (int row = 0; row < source.Rows; row++)
        {
            for (int column = 0; column < source.Columns; column++)
            {
                Copy(destination, (column * source.Rows) + row, source, (row * source.Columns) + column, 1);
            }
        }

        return 0;
    }

    public static long Reshape(in TensorCall call)
    {
        call[1].Bytes.CopyTo(call[0].Bytes);
        return 0;
    }

    /// <summary>Immediates: the dimensions n of the source, then the permutation p.</summary>
    public static long Permute(in TensorCall call)
    {
        ReadOnlySpan<int> n = call.Immediates[..Dimensions];
        ReadOnlySpan<int> p = call.Immediates[Dimensions..];
        ReadOnlySpan<int> strides = [n[1] * n[2] * n[3], n[2] * n[3], n[3], 1];
        int to = 0;
        for (int i = 0; i < n[p[0]]; i++)
        {
            for (int j = 0; j < n[p[1]]; j++)
            {
                for (int k = 0; k < n[p[2]]; k++)
                {
                    for (int l = 0; l < n[p[3]]; l++)
                    {
                        int from = (i * strides[p[0]]) + (j * strides[p[1]]) + (k * strides[p[2]]) + (l * strides[p[3]]);
                        Copy(call[0], to++, call[1], from, 1);
                    }
                }
            }
        }

        return 0;
    }

    /// <summary>Immediates: to, from, count.</summary>
    public static long CopyColumns(in TensorCall call)
    {
        (Tensor destination, Tensor source) = (call[0], call[1]);
        (int to, int from, int count) = (call.Immediates[0], call.Immediates[1], call.Immediates[2]);
        for (int row = 0; row < source.Rows; row++)
        {
            Copy(destination, (row * destination.Columns) + to, source, (row * source.Columns) + from, count);
        }

        return 0;
    }

    /// <summary>Operands: d, s, index.</summary>
    public static long ScatterAddRows(in TensorCall call)
    {
        Span<float> d = call[0].Float32;
        ReadOnlySpan<float> s = call[1].Float32;
        ReadOnlySpan<int> index = call[2].Int32;
        int columns = call[1].Columns;
        for (int i = 0; i < index.Length; i++)
        {
            for (int column = 0; column < columns; column++)
            {
                int at = (index[i] * columns) + column;
                d[at] = Fp32.Canonical(d[at] + s[(i * columns) + column]);
            }
        }

        return 0;
    }

    private static void Copy(Tensor destination, int to, Tensor source, int from, int count)
    {
        int size = Tensor.ElementSize(source.Type);
        source.Bytes.Slice(from * size, count * size).CopyTo(destination.Bytes[(to * size)..]);
    }
}
