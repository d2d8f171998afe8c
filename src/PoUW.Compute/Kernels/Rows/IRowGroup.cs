using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>An operation on rows that do not depend on each other, for as many rows as a vector has elements.</summary>
internal unsafe interface IRowGroup
{
    /// <summary>Rows of working memory that a group needs, each as long as a row of the matrix.</summary>
    int ScratchRows { get; }

    /// <summary>Computes rows.</summary>
    /// <param name="row">The first.</param>
    /// <param name="rows">1 to the width of the lane.</param>
    /// <param name="scratch">The working memory, or null.</param>
    void Group<TLane, TFloat, TWide>(nint row, nint rows, float* scratch)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;
}
