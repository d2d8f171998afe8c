using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>layer_norm_gradient_f32.</summary>
[SkipLocalsInit]
internal readonly unsafe struct LayerNormGradientGroup(
    float* dx, float* g, float* x, float* means, float* rstds, float* gamma, nint columns) : IRowGroup
{
    private const int WidestLane = 16;

    public int ScratchRows => 0;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* scratch)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* shares1 = stackalloc float[WidestLane];
        float* shares2 = stackalloc float[WidestLane];
        unchecked // Inside the tensors.
        {
            (TFloat s1, TFloat s2) = Sums<TLane, TFloat, TWide>(row, rows);
            TFloat length = TLane.Create((float)columns);
            TLane.Store(TLane.Divide(s1, length), shares1);
            TLane.Store(TLane.Divide(s2, length), shares2);
            for (nint r = 0; r < rows; r++)
            {
                nint at = (row + r) * columns;
                Inputs step = new(dx + at, g + at, x + at, gamma, means[row + r], rstds[row + r], shares1[r], shares2[r]);
                ElementKernel<Inputs>.Range<TLane, TFloat, TWide>(step, 0, columns);
            }
        }
    }

    private (TFloat S1, TFloat S2) Sums<TLane, TFloat, TWide>(nint row, nint rows)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* gradients = stackalloc float[2 * WidestLane * WidestLane];
        float* inputs = gradients + (WidestLane * WidestLane);
        float* mean = stackalloc float[WidestLane];
        float* rstd = stackalloc float[WidestLane];
        unchecked // Inside the tensors and the blocks.
        {
            nint start = row * columns;
            TLane.Store(LaneMemory<TLane, TFloat, TWide>.Load(means + row, rows), mean);
            TLane.Store(LaneMemory<TLane, TFloat, TWide>.Load(rstds + row, rows), rstd);
            TFloat s1 = TLane.Create(0);
            TFloat s2 = TLane.Create(0);
            for (nint column = 0; column < columns; column += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, columns - column);
                RowBlocks<TLane, TFloat, TWide>.Load(g + start + column, columns, rows, count, gradients);
                RowBlocks<TLane, TFloat, TWide>.Load(x + start + column, columns, rows, count, inputs);
                (TFloat own1, TFloat own2) = (s1, s2); // Stay in registers; the sums themselves live across a call.
                for (nint j = 0; j < count; j++)
                {
                    nint at = j * TLane.Width;
                    TFloat h = TLane.Multiply(TLane.Load(gradients + at), TLane.Create(gamma[column + j]));
                    TFloat normalised = TLane.Multiply(TLane.Subtract(TLane.Load(inputs + at), TLane.Load(mean)), TLane.Load(rstd));
                    own1 = TLane.Add(own1, h);
                    own2 = TLane.Fma(h, normalised, own2);
                }

                (s1, s2) = (own1, own2);
            }

            return (s1, s2);
        }
    }

    /// <summary>dx = rstd * (h - (s1 / C + xhat * (s2 / C))) of a row.</summary>
    private readonly struct Inputs(
        float* dx, float* g, float* x, float* gamma, float mean, float rstd, float share1, float share2) : IElementStep
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step<TLane, TFloat, TWide>(nint at, nint count)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged
        {
            unchecked // Inside the rows.
            {
                TFloat h = TLane.Multiply(LaneMemory<TLane, TFloat, TWide>.Load(g + at, count), LaneMemory<TLane, TFloat, TWide>.Load(gamma + at, count));
                TFloat deviation = TLane.Subtract(LaneMemory<TLane, TFloat, TWide>.Load(x + at, count), TLane.Create(mean));
                TFloat normalised = TLane.Multiply(deviation, TLane.Create(rstd));
                TFloat projected = TLane.Add(TLane.Create(share1), TLane.Multiply(normalised, TLane.Create(share2)));
                LaneMemory<TLane, TFloat, TWide>.Store(TLane.Multiply(TLane.Create(rstd), TLane.Subtract(h, projected)), dx + at, count);
            }
        }
    }
}
