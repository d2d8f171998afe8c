using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Columns;

/// <summary>One vector of a few rows, in an operation whose chains run over rows.</summary>
internal interface IColumnStep
{
    /// <summary>Computes the columns column .. column + count - 1 of rows, in increasing order of the rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="at">Position of the first element in the matrix.</param>
    /// <param name="column">The first column.</param>
    /// <param name="count">1 to the width of the lane; a constant for whole vectors, so that the branches vanish.</param>
    void Step<TLane, TFloat, TWide>(RowBand rows, nint at, nint column, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;
}
