using PoUW.Compute.Lanes;

namespace PoUW.Compute.Rows;

/// <summary>softmax_gradient_f32.</summary>
internal readonly unsafe struct SoftmaxGradientGroup(float* d, float* g, float* y, nint columns) : IRowGroup
{
    public int Tiles => 2;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* tile, nint size)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors and the tiles.
        {
            float* other = tile + size;
            RowTile<TLane, TFloat, TWide>.Load(g + (row * columns), columns, rows, columns, tile);
            RowTile<TLane, TFloat, TWide>.Load(y + (row * columns), columns, rows, columns, other);
            TFloat t = TLane.Create(0);
            for (nint at = 0; at < columns * TLane.Width; at += TLane.Width)
            {
                t = TLane.Fma(TLane.Load(tile + at), TLane.Load(other + at), t);
            }

            for (nint at = 0; at < columns * TLane.Width; at += TLane.Width)
            {
                TFloat change = TLane.Subtract(TLane.Load(tile + at), t);
                TLane.Store(TLane.Canonical(TLane.Multiply(TLane.Load(other + at), change)), tile + at);
            }

            RowTile<TLane, TFloat, TWide>.Store(tile, d + (row * columns), columns, rows, columns);
        }
    }
}
