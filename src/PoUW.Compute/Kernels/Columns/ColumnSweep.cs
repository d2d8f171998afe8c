using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Columns;

/// <summary>
/// Goes through a matrix by bands of a few rows, so that memory is read nearly in its order. Sums of columns wait in a row of memory from band
/// to band.
/// </summary>
internal static class ColumnSweep<TStep, TLane, TFloat, TWide>
    where TStep : struct, IColumnStep
    where TLane : IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    private const int Band = 4;

    /// <summary>Runs a step over the columns from .. to - 1 of all rows, in increasing order of the rows.</summary>
    public static void Run(TStep step, nint rows, nint columns, nint from, nint to)
    {
        unchecked // Positions stay inside the tensors.
        {
            for (nint row = 0; row < rows; row += Band)
            {
                RowBand band = new(row, Math.Min(Band, rows - row), columns);
                nint start = row * columns;
                nint column = from;
                for (nint last = to - TLane.Width; column <= last; column += TLane.Width)
                {
                    step.Step<TLane, TFloat, TWide>(band, start + column, column, TLane.Width);
                }

                if (column < to)
                {
                    step.Step<TLane, TFloat, TWide>(band, start + column, column, to - column);
                }
            }
        }
    }
}
