using PoUW.Compute.Lanes;

namespace PoUW.Compute.Rows;

/// <summary>softmax_f32; d may be s.</summary>
internal readonly unsafe struct SoftmaxGroup(float* d, float* s, nint columns) : IRowGroup
{
    public int Tiles => 1;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* tile, nint size)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            RowTile<TLane, TFloat, TWide>.Load(s + (row * columns), columns, rows, columns, tile);
            TFloat m = SoftmaxTile<TLane, TFloat, TWide>.Maximum(tile, columns);
            TFloat sum = SoftmaxTile<TLane, TFloat, TWide>.Exponentials(tile, columns, m);
            SoftmaxTile<TLane, TFloat, TWide>.Divide(tile, columns, sum);
            RowTile<TLane, TFloat, TWide>.Store(tile, d + (row * columns), columns, rows, columns);
        }
    }
}
