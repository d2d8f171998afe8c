using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Columns;

/// <summary>y = fma((x - mean) * rstd, gamma, beta) with a number a column.</summary>
internal readonly unsafe struct NormaliseStep(float* y, float* x, float* means, float* rstds, float* gamma, float* beta) : IColumnStep
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<TLane, TFloat, TWide>(RowBand rows, nint at, nint column, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            TFloat mean = LaneMemory<TLane, TFloat, TWide>.Load(means + column, count);
            TFloat rstd = LaneMemory<TLane, TFloat, TWide>.Load(rstds + column, count);
            TFloat scale = LaneMemory<TLane, TFloat, TWide>.Load(gamma + column, count);
            TFloat offset = LaneMemory<TLane, TFloat, TWide>.Load(beta + column, count);
            for (nint end = at + (rows.Count * rows.Stride); at < end; at += rows.Stride)
            {
                TFloat deviation = TLane.Subtract(LaneMemory<TLane, TFloat, TWide>.Load(x + at, count), mean);
                LaneMemory<TLane, TFloat, TWide>.Store(TLane.Fma(TLane.Multiply(deviation, rstd), scale, offset), y + at, count);
            }
        }
    }
}
