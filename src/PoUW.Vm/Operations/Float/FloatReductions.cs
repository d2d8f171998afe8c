using PoUW.Vm.Arithmetic;
using static PoUW.Vm.Operations.Float.FloatRows;

namespace PoUW.Vm.Operations.Float;

/// <summary>Definitions of the operations that reduce rows or columns of a matrix to one value.</summary>
internal static class FloatReductions
{
    public static long SumRows(in TensorCall call)
    {
        for (int column = 0; column < call[1].Columns; column++)
        {
            call[0].Float32[column] = Fp32.Canonical(Sum(Column(call[1], column)));
        }

        return 0;
    }

    public static long SumColumns(in TensorCall call)
    {
        for (int row = 0; row < call[1].Rows; row++)
        {
            call[0].Float32[row] = Fp32.Canonical(Sum(Row(call[1], row)));
        }

        return 0;
    }

    public static long MaxColumns(in TensorCall call)
    {
        for (int row = 0; row < call[1].Rows; row++)
        {
            call[0].Float32[row] = Fp32.Canonical(Maximum(Row(call[1], row)));
        }

        return 0;
    }

    public static long SumSquares(in TensorCall call)
    {
        for (int row = 0; row < call[1].Rows; row++)
        {
            Span<float> values = Row(call[1], row);
            call[0].Float32[row] = Fp32.Canonical(Dot(values, values));
        }

        return 0;
    }

    /// <summary>No number is greater than a NaN, and no NaN than a number: a NaN wins in column 0 only.</summary>
    public static long ArgMaxRows(in TensorCall call)
    {
        for (int row = 0; row < call[1].Rows; row++)
        {
            ReadOnlySpan<float> values = Row(call[1], row);
            int best = 0;
            for (int column = 1; column < values.Length; column++)
            {
                best = values[column] > values[best] ? column : best;
            }

            call[0].Int32[row] = best;
        }

        return 0;
    }

    /// <summary>Chain of <see cref="Fp32.Max"/> from the first element.</summary>
    public static float Maximum(ReadOnlySpan<float> values)
    {
        float maximum = values[0];
        foreach (float value in values)
        {
            maximum = Fp32.Max(maximum, value);
        }

        return maximum;
    }
}
