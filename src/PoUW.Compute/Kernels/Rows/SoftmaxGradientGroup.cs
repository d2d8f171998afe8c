using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>softmax_gradient_f32.</summary>
[SkipLocalsInit]
internal readonly unsafe struct SoftmaxGradientGroup(float* d, float* g, float* y, nint columns) : IRowGroup
{
    private const int WidestLane = 16;

    public int ScratchRows => 0;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* scratch)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* sums = stackalloc float[WidestLane];
        unchecked // Inside the tensors.
        {
            nint start = row * columns;
            TLane.Store(Dots<TLane, TFloat, TWide>(g + start, y + start, rows), sums);
            for (nint r = 0; r < rows; r++)
            {
                nint at = start + (r * columns);
                ElementKernel<Inputs>.Range<TLane, TFloat, TWide>(new Inputs(d + at, g + at, y + at, sums[r]), 0, columns);
            }
        }
    }

    private TFloat Dots<TLane, TFloat, TWide>(float* left, float* right, nint rows)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* blocks = stackalloc float[2 * WidestLane * WidestLane];
        float* others = blocks + (WidestLane * WidestLane);
        TFloat sum = TLane.Create(0);
        unchecked // Inside the rows and the blocks.
        {
            for (nint column = 0; column < columns; column += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, columns - column);
                RowBlocks<TLane, TFloat, TWide>.Load(left + column, columns, rows, count, blocks);
                RowBlocks<TLane, TFloat, TWide>.Load(right + column, columns, rows, count, others);
                TFloat own = sum; // Stays in a register; the sum itself lives across a call.
                for (nint at = 0; at < count * TLane.Width; at += TLane.Width)
                {
                    own = TLane.Fma(TLane.Load(blocks + at), TLane.Load(others + at), own);
                }

                sum = own;
            }
        }

        return sum;
    }

    /// <summary>d = y * (g - t) of a row.</summary>
    private readonly struct Inputs(float* d, float* g, float* y, float t) : IElementStep
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TLane, TFloat, TWide>(nint at, nint count)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged
        {
            unchecked // Inside the rows.
            {
                TFloat change = TLane.Subtract(LaneMemory<TLane, TFloat, TWide>.Load(g + at, count), TLane.Create(t));
                LaneMemory<TLane, TFloat, TWide>.Store(TLane.Multiply(LaneMemory<TLane, TFloat, TWide>.Load(y + at, count), change), d + at, count);
            }
        }
    }
}
