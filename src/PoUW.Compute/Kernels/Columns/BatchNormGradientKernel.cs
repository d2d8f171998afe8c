using System.Runtime.CompilerServices;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Columns;

/// <summary>batch_norm_gradient_f32; the units are columns.</summary>
internal readonly unsafe struct BatchNormGradientKernel(
    KernelContext context,
    float* dx,
    float* dgamma,
    float* dbeta,
    float* g,
    float* x,
    float* means,
    float* rstds,
    float* gamma,
    nint rows,
    nint columns) : ILaneKernel
{
    private const int Factors = 3;

    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors; the scratch is indexed from its first column.
        {
            nint width = to - from;
            float* scales = context.Scratch(participant, width * Factors) - from;
            float* shares1 = scales + width;
            float* shares2 = shares1 + width;
            new Span<float>(dgamma + from, (int)width).Clear();
            new Span<float>(dbeta + from, (int)width).Clear();
            ColumnSweep<Sums, TLane, TFloat, TWide>.Run(new Sums(dgamma, dbeta, g, x, means, rstds), rows, columns, from, to);
            TFloat length = TLane.Create((float)rows);
            for (nint column = from; column < to; column += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, to - column);
                TFloat scale = TLane.Multiply(
                    LaneMemory<TLane, TFloat, TWide>.Load(gamma + column, count), LaneMemory<TLane, TFloat, TWide>.Load(rstds + column, count));
                TFloat share1 = TLane.Divide(LaneMemory<TLane, TFloat, TWide>.Load(dbeta + column, count), length);
                TFloat share2 = TLane.Divide(LaneMemory<TLane, TFloat, TWide>.Load(dgamma + column, count), length);
                LaneMemory<TLane, TFloat, TWide>.Store(scale, scales + column, count);
                LaneMemory<TLane, TFloat, TWide>.Store(share1, shares1 + column, count);
                LaneMemory<TLane, TFloat, TWide>.Store(share2, shares2 + column, count);
            }

            Inputs step = new(dx, g, x, means, rstds, scales, shares1, shares2);
            ColumnSweep<Inputs, TLane, TFloat, TWide>.Run(step, rows, columns, from, to);
        }
    }

    /// <summary>The sums are canonical at every band, which does not change the last one.</summary>
    private readonly struct Sums(float* dgamma, float* dbeta, float* g, float* x, float* means, float* rstds) : IColumnStep
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
                TFloat sum2 = LaneMemory<TLane, TFloat, TWide>.Load(dgamma + column, count);
                TFloat sum1 = LaneMemory<TLane, TFloat, TWide>.Load(dbeta + column, count);
                for (nint end = at + (rows.Count * rows.Stride); at < end; at += rows.Stride)
                {
                    TFloat gradient = LaneMemory<TLane, TFloat, TWide>.Load(g + at, count);
                    TFloat deviation = TLane.Subtract(LaneMemory<TLane, TFloat, TWide>.Load(x + at, count), mean);
                    sum2 = TLane.Fma(gradient, TLane.Multiply(deviation, rstd), sum2);
                    sum1 = TLane.Add(sum1, gradient);
                }

                LaneMemory<TLane, TFloat, TWide>.Store(sum2, dgamma + column, count);
                LaneMemory<TLane, TFloat, TWide>.Store(sum1, dbeta + column, count);
            }
        }
    }

    private readonly struct Inputs(
        float* dx, float* g, float* x, float* means, float* rstds, float* scales, float* shares1, float* shares2) : IColumnStep
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
                TFloat scale = LaneMemory<TLane, TFloat, TWide>.Load(scales + column, count);
                TFloat share1 = LaneMemory<TLane, TFloat, TWide>.Load(shares1 + column, count);
                TFloat share2 = LaneMemory<TLane, TFloat, TWide>.Load(shares2 + column, count);
                for (nint end = at + (rows.Count * rows.Stride); at < end; at += rows.Stride)
                {
                    TFloat deviation = TLane.Subtract(LaneMemory<TLane, TFloat, TWide>.Load(x + at, count), mean);
                    TFloat normalised = TLane.Multiply(deviation, rstd);
                    TFloat projected = TLane.Add(share1, TLane.Multiply(normalised, share2));
                    TFloat rest = TLane.Subtract(LaneMemory<TLane, TFloat, TWide>.Load(g + at, count), projected);
                    LaneMemory<TLane, TFloat, TWide>.Store(TLane.Multiply(scale, rest), dx + at, count);
                }
            }
        }
    }
}
