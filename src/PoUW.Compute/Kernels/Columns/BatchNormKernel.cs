using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Columns;

/// <summary>batch_norm_f32; the units are columns.</summary>
internal readonly unsafe struct BatchNormKernel(
    KernelContext context,
    float* y,
    float* x,
    float* means,
    float* variances,
    float* gamma,
    float* beta,
    nint rows,
    nint columns,
    float eps) : ILaneKernel
{
    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors; the scratch is indexed from its first column.
        {
            float* rstds = context.Scratch(participant, to - from) - from;
            for (nint column = from; column < to; column += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, to - column);
                TFloat variance = TLane.Add(LaneMemory<TLane, TFloat, TWide>.Load(variances + column, count), TLane.Create(eps));
                LaneMemory<TLane, TFloat, TWide>.Store(Fp32Lane<TLane, TFloat, TWide>.Map<Fp32Functions.Rsqrt>(variance), rstds + column, count);
            }

            NormaliseStep step = new(y, x, means, rstds, gamma, beta);
            ColumnSweep<NormaliseStep, TLane, TFloat, TWide>.Run(step, rows, columns, from, to);
        }
    }
}
