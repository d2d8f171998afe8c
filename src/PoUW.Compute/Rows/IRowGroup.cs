using PoUW.Compute.Lanes;

namespace PoUW.Compute.Rows;

/// <summary>An operation on rows that do not depend on each other, for as many rows as a vector has elements.</summary>
internal unsafe interface IRowGroup
{
    /// <summary>Tiles of working memory that a group needs.</summary>
    int Tiles { get; }

    /// <summary>Computes rows.</summary>
    /// <param name="row">The first.</param>
    /// <param name="rows">1 to the width of the lane.</param>
    /// <param name="tile">The tiles one after the other.</param>
    /// <param name="size">Floats of a tile.</param>
    void Group<TLane, TFloat, TWide>(nint row, nint rows, float* tile, nint size)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;
}
