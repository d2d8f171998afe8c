using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>layer_norm_f32.</summary>
[SkipLocalsInit]
internal readonly unsafe struct LayerNormGroup(
    float* y, float* means, float* rstds, float* x, float* gamma, float* beta, nint columns, float eps) : IRowGroup
{
    private const int WidestLane = 16;

    public int ScratchRows => 0;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* scratch)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* middle = stackalloc float[WidestLane];
        unchecked // Inside the tensors.
        {
            float* first = x + (row * columns);
            TFloat length = TLane.Create((float)columns);
            TFloat mean = TLane.Divide(RowBlocks<TLane, TFloat, TWide>.Chain<RowChains.Sum>(first, columns, rows, columns), length);
            TLane.Store(mean, middle);
            TFloat variance = TLane.Divide(Squares<TLane, TFloat, TWide>(first, rows, middle), length);
            TFloat rstd = Fp32Lane<TLane, TFloat, TWide>.Map<Fp32Functions.Rsqrt>(TLane.Add(variance, TLane.Create(eps)));
            LaneMemory<TLane, TFloat, TWide>.Store(mean, means + row, rows);
            LaneMemory<TLane, TFloat, TWide>.Store(rstd, rstds + row, rows);
            for (nint r = row; r < row + rows; r++)
            {
                Outputs step = new(y + (r * columns), x + (r * columns), gamma, beta, means[r], rstds[r]);
                ElementKernel<Outputs>.Range<TLane, TFloat, TWide>(step, 0, columns);
            }
        }
    }

    private TFloat Squares<TLane, TFloat, TWide>(float* first, nint rows, float* middle)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* block = stackalloc float[WidestLane * WidestLane];
        TFloat sum = TLane.Create(0);
        unchecked // Inside the rows and the block.
        {
            for (nint column = 0; column < columns; column += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, columns - column);
                RowBlocks<TLane, TFloat, TWide>.Load(first + column, columns, rows, count, block);
                TFloat own = sum; // Stays in a register; the sum itself lives across a call.
                for (nint at = 0; at < count * TLane.Width; at += TLane.Width)
                {
                    TFloat deviation = TLane.Subtract(TLane.Load(block + at), TLane.Load(middle));
                    own = TLane.Fma(deviation, deviation, own);
                }

                sum = own;
            }
        }

        return sum;
    }

    /// <summary>y = fma((x - mean) * rstd, gamma, beta) of a row.</summary>
    private readonly struct Outputs(float* y, float* x, float* gamma, float* beta, float mean, float rstd) : IElementStep
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TLane, TFloat, TWide>(nint at, nint count)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged
        {
            unchecked // Inside the rows.
            {
                TFloat deviation = TLane.Subtract(LaneMemory<TLane, TFloat, TWide>.Load(x + at, count), TLane.Create(mean));
                TFloat normalised = TLane.Multiply(deviation, TLane.Create(rstd));
                TFloat scale = LaneMemory<TLane, TFloat, TWide>.Load(gamma + at, count);
                LaneMemory<TLane, TFloat, TWide>.Store(TLane.Fma(normalised, scale, LaneMemory<TLane, TFloat, TWide>.Load(beta + at, count)), y + at, count);
            }
        }
    }
}
