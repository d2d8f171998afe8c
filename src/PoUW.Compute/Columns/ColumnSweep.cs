using PoUW.Compute.Lanes;

namespace PoUW.Compute.Columns;

/// <summary>
/// Goes through a matrix row by row, so that memory is read in its order; sums of columns wait in a row of memory meanwhile.
/// </summary>
internal static class ColumnSweep<TStep, TLane, TFloat, TWide>
    where TStep : struct, IColumnStep
    where TLane : IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    /// <summary>Runs a step over the columns from .. to - 1 of all rows, in increasing order of the rows.</summary>
    public static void Run(TStep step, nint rows, nint columns, nint from, nint to)
    {
        unchecked // Positions stay inside the tensors.
        {
            for (nint row = 0; row < rows; row++)
            {
                nint start = row * columns;
                nint column = from;
                for (nint last = to - TLane.Width; column <= last; column += TLane.Width)
                {
                    step.Step<TLane, TFloat, TWide>(row, start + column, column, TLane.Width);
                }

                if (column < to)
                {
                    step.Step<TLane, TFloat, TWide>(row, start + column, column, to - column);
                }
            }
        }
    }
}
