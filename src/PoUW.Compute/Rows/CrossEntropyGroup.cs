using PoUW.Compute.Elementwise;
using PoUW.Compute.Lanes;

namespace PoUW.Compute.Rows;

/// <summary>cross_entropy_f32.</summary>
internal readonly unsafe struct CrossEntropyGroup(float* loss, float* logits, LabelColumn labels, nint columns) : IRowGroup
{
    private const int WidestLane = 16;

    public int Tiles => 1;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* tile, nint size)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* chosen = stackalloc float[WidestLane];
        unchecked // Inside the tensors.
        {
            for (nint r = 0; r < WidestLane; r++)
            {
                nint own = row + Math.Min(r, rows - 1);
                chosen[r] = logits[(own * columns) + labels[own]];
            }

            RowTile<TLane, TFloat, TWide>.Load(logits + (row * columns), columns, rows, columns, tile);
            TFloat m = SoftmaxTile<TLane, TFloat, TWide>.Maximum(tile, columns);
            TFloat sum = SoftmaxTile<TLane, TFloat, TWide>.Exponentials(tile, columns, m);
            TFloat log = Fp32Lane<TLane, TFloat, TWide>.Map<Fp32Functions.Log>(sum);
            LaneMemory<TLane, TFloat, TWide>.Store(TLane.Subtract(log, TLane.Subtract(TLane.Load(chosen), m)), loss + row, rows);
        }
    }
}
