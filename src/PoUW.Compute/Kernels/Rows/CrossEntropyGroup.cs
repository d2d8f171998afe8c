using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>cross_entropy_f32.</summary>
[SkipLocalsInit]
internal readonly unsafe struct CrossEntropyGroup(float* loss, float* logits, LabelColumn labels, nint columns) : IRowGroup
{
    private const int WidestLane = 16;

    public int ScratchRows => WidestLane;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* scratch)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* maxima = stackalloc float[WidestLane];
        float* chosen = stackalloc float[WidestLane];
        RowLengths lengths = RowLengths.All(columns);
        unchecked // Inside the tensors.
        {
            for (nint r = 0; r < WidestLane; r++)
            {
                nint own = row + Math.Min(r, rows - 1);
                chosen[r] = logits[(own * columns) + labels[own]];
            }

            float* x = logits + (row * columns);
            TFloat sum = SoftmaxRows<TLane, TFloat, TWide>.Exponentials(x, scratch, columns, rows, (nint*)&lengths, maxima);
            TFloat log = Fp32Lane<TLane, TFloat, TWide>.Map<Fp32Functions.Log>(sum);
            TFloat distance = TLane.Subtract(TLane.Load(chosen), TLane.Load(maxima));
            LaneMemory<TLane, TFloat, TWide>.Store(TLane.Subtract(log, distance), loss + row, rows);
        }
    }
}
