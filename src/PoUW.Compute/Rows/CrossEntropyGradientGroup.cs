using PoUW.Compute.Lanes;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Rows;

/// <summary>cross_entropy_gradient_f32. Only the label's column subtracts something, so it is computed by itself.</summary>
internal readonly unsafe struct CrossEntropyGradientGroup(float* d, float* logits, LabelColumn labels, nint columns, float scale) : IRowGroup
{
    private const int WidestLane = 16;

    public int Tiles => 1;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* tile, nint size)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* sums = stackalloc float[WidestLane];
        float* chosen = stackalloc float[WidestLane];
        unchecked // Inside the tensors and the tile.
        {
            RowTile<TLane, TFloat, TWide>.Load(logits + (row * columns), columns, rows, columns, tile);
            TFloat m = SoftmaxTile<TLane, TFloat, TWide>.Maximum(tile, columns);
            TFloat sum = SoftmaxTile<TLane, TFloat, TWide>.Exponentials(tile, columns, m);
            TLane.Store(sum, sums);
            for (nint r = 0; r < rows; r++)
            {
                float e = tile[((nint)labels[row + r] * TLane.Width) + r];
                chosen[r] = Fp32.Canonical(((e / sums[r]) - 1) * scale);
            }

            for (nint at = 0; at < columns * TLane.Width; at += TLane.Width)
            {
                TFloat share = TLane.Divide(TLane.Load(tile + at), sum);
                TLane.Store(TLane.Canonical(TLane.Multiply(share, TLane.Create(scale))), tile + at);
            }

            for (nint r = 0; r < rows; r++)
            {
                tile[((nint)labels[row + r] * TLane.Width) + r] = chosen[r];
            }

            RowTile<TLane, TFloat, TWide>.Store(tile, d + (row * columns), columns, rows, columns);
        }
    }
}
