using PoUW.Compute.Lanes;

namespace PoUW.Compute.Rows;

/// <summary>layer_norm_gradient_f32.</summary>
internal readonly unsafe struct LayerNormGradientGroup(
    float* dx, float* g, float* x, float* means, float* rstds, float* gamma, nint columns) : IRowGroup
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
            RowTile<TLane, TFloat, TWide>.Load(x + (row * columns), columns, rows, columns, other);
            TFloat mean = LaneMemory<TLane, TFloat, TWide>.Load(means + row, rows);
            TFloat rstd = LaneMemory<TLane, TFloat, TWide>.Load(rstds + row, rows);
            TFloat s1 = TLane.Create(0);
            TFloat s2 = TLane.Create(0);
            for (nint j = 0; j < columns; j++)
            {
                nint at = j * TLane.Width;
                TFloat h = TLane.Multiply(TLane.Load(tile + at), TLane.Create(gamma[j]));
                TFloat normalised = TLane.Multiply(TLane.Subtract(TLane.Load(other + at), mean), rstd);
                TLane.Store(h, tile + at);
                TLane.Store(normalised, other + at);
                s1 = TLane.Add(s1, h);
                s2 = TLane.Fma(h, normalised, s2);
            }

            TFloat length = TLane.Create((float)columns);
            (s1, s2) = (TLane.Divide(s1, length), TLane.Divide(s2, length));
            for (nint at = 0; at < columns * TLane.Width; at += TLane.Width)
            {
                TFloat projected = TLane.Add(s1, TLane.Multiply(TLane.Load(other + at), s2));
                TFloat value = TLane.Multiply(rstd, TLane.Subtract(TLane.Load(tile + at), projected));
                TLane.Store(TLane.Canonical(value), tile + at);
            }

            RowTile<TLane, TFloat, TWide>.Store(tile, dx + (row * columns), columns, rows, columns);
        }
    }
}
