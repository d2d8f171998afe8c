using PoUW.Compute.Elementwise;
using PoUW.Compute.Lanes;

namespace PoUW.Compute.Rows;

/// <summary>layer_norm_f32.</summary>
internal readonly unsafe struct LayerNormGroup(
    float* y, float* means, float* rstds, float* x, float* gamma, float* beta, nint columns, float eps) : IRowGroup
{
    public int Tiles => 1;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* tile, nint size)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors and the tile.
        {
            RowTile<TLane, TFloat, TWide>.Load(x + (row * columns), columns, rows, columns, tile);
            TFloat length = TLane.Create((float)columns);
            TFloat mean = TLane.Divide(Sum<TLane, TFloat, TWide>(tile), length);
            TFloat variance = TLane.Divide(Squares<TLane, TFloat, TWide>(tile, mean), length);
            TFloat rstd = Fp32Lane<TLane, TFloat, TWide>.Map<Fp32Functions.Rsqrt>(TLane.Add(variance, TLane.Create(eps)));
            for (nint j = 0; j < columns; j++)
            {
                float* at = tile + (j * TLane.Width);
                TFloat normalised = TLane.Multiply(TLane.Subtract(TLane.Load(at), mean), rstd);
                TLane.Store(TLane.Canonical(TLane.Fma(normalised, TLane.Create(gamma[j]), TLane.Create(beta[j]))), at);
            }

            RowTile<TLane, TFloat, TWide>.Store(tile, y + (row * columns), columns, rows, columns);
            LaneMemory<TLane, TFloat, TWide>.Store(mean, means + row, rows);
            LaneMemory<TLane, TFloat, TWide>.Store(rstd, rstds + row, rows);
        }
    }

    private TFloat Sum<TLane, TFloat, TWide>(float* tile)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tile.
        {
            TFloat sum = TLane.Create(0);
            for (nint j = 0; j < columns; j++)
            {
                sum = TLane.Add(sum, TLane.Load(tile + (j * TLane.Width)));
            }

            return sum;
        }
    }

    private TFloat Squares<TLane, TFloat, TWide>(float* tile, TFloat mean)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tile.
        {
            TFloat sum = TLane.Create(0);
            for (nint j = 0; j < columns; j++)
            {
                TFloat deviation = TLane.Subtract(TLane.Load(tile + (j * TLane.Width)), mean);
                sum = TLane.Fma(deviation, deviation, sum);
            }

            return sum;
        }
    }
}
