using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>softmax_f32, where d may be s, and softmax_causal_f32 if there is a block.</summary>
[SkipLocalsInit]
internal readonly unsafe struct SoftmaxGroup(float* d, float* s, nint columns, nint block) : IRowGroup
{
    private const int WidestLane = 16;

    public int ScratchRows => 0;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* scratch)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* maxima = stackalloc float[WidestLane];
        RowLengths lengths = RowLengths.All(columns);
        unchecked // Inside the tensors.
        {
            for (nint r = 0; r < rows && block > 0; r++)
            {
                lengths[(int)r] = Math.Min((row + r) % block, columns - 1) + 1;
            }

            float* from = s + (row * columns);
            float* to = d + (row * columns);
            TFloat sum = SoftmaxRows<TLane, TFloat, TWide>.Exponentials(from, to, columns, rows, (nint*)&lengths, maxima);
            SoftmaxRows<TLane, TFloat, TWide>.Divide(to, columns, rows, (nint*)&lengths, sum, null);
        }
    }
}
