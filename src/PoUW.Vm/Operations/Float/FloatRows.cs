using PoUW.Vm.Tensors;

namespace PoUW.Vm.Operations.Float;

/// <summary>Rows and columns of Float32 matrices, and the chains that run over them.</summary>
internal static class FloatRows
{
    /// <summary>The elements of a row, in place.</summary>
    public static Span<float> Row(Tensor matrix, int row) => matrix.Float32.Slice(row * matrix.Columns, matrix.Columns);

    /// <summary>A copy of a column.</summary>
    public static float[] Column(Tensor matrix, int column)
    {
        float[] values = new float[matrix.Rows];
        for (int row = 0; row < values.Length; row++)
        {
            values[row] = matrix.Float32[(row * matrix.Columns) + column];
        }

        return values;
    }

    /// <summary>Chain of acc + x from +0 in increasing order.</summary>
    public static float Sum(ReadOnlySpan<float> values)
    {
        float sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return sum;
    }

    /// <summary>Chain of fma(x, y, acc) from +0 in increasing order.</summary>
    public static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        float sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum = MathF.FusedMultiplyAdd(x[i], y[i], sum);
        }

        return sum;
    }
}
