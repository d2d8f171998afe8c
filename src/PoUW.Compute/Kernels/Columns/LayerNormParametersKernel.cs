using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Columns;

/// <summary>layer_norm_parameters_gradient_f32; the units are columns.</summary>
internal readonly unsafe struct LayerNormParametersKernel(
    float* dgamma, float* dbeta, float* g, float* x, float* means, float* rstds, nint rows, nint columns) : ILaneKernel
{
    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            new Span<float>(dgamma + from, (int)(to - from)).Clear();
            new Span<float>(dbeta + from, (int)(to - from)).Clear();
        }

        ColumnSweep<Sums, TLane, TFloat, TWide>.Run(new Sums(dgamma, dbeta, g, x, means, rstds), rows, columns, from, to);
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
                TFloat gamma = LaneMemory<TLane, TFloat, TWide>.Load(dgamma + column, count);
                TFloat beta = LaneMemory<TLane, TFloat, TWide>.Load(dbeta + column, count);
                for (nint row = rows.First; row < rows.First + rows.Count; row++, at += rows.Stride)
                {
                    TFloat gradient = LaneMemory<TLane, TFloat, TWide>.Load(g + at, count);
                    TFloat deviation = TLane.Subtract(LaneMemory<TLane, TFloat, TWide>.Load(x + at, count), TLane.Create(means[row]));
                    gamma = TLane.Fma(gradient, TLane.Multiply(deviation, TLane.Create(rstds[row])), gamma);
                    beta = TLane.Add(beta, gradient);
                }

                LaneMemory<TLane, TFloat, TWide>.Store(gamma, dgamma + column, count);
                LaneMemory<TLane, TFloat, TWide>.Store(beta, dbeta + column, count);
            }
        }
    }
}
