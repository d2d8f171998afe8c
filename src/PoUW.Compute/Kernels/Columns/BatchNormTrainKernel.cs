using System.Runtime.CompilerServices;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Columns;

/// <summary>batch_norm_train_f32; the units are columns. Sums of deviations wait in scratch memory, all others in their destination.</summary>
internal readonly unsafe struct BatchNormTrainKernel(
    KernelContext context, BatchNormTensors tensors, nint rows, nint columns, float eps, float momentum) : ILaneKernel
{
    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors; the scratch is indexed from its first column.
        {
            float* squares = context.Scratch(participant, to - from) - from;
            new Span<float>(squares + from, (int)(to - from)).Clear();
            new SumRowsKernel(tensors.Mean, tensors.X, rows, columns).Run<TLane, TFloat, TWide>(from, to, participant);
            TFloat length = TLane.Create((float)rows);
            for (nint column = from; column < to; column += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, to - column);
                TFloat mean = TLane.Divide(LaneMemory<TLane, TFloat, TWide>.Load(tensors.Mean + column, count), length);
                LaneMemory<TLane, TFloat, TWide>.Store(mean, tensors.Mean + column, count);
            }

            ColumnSweep<Deviations, TLane, TFloat, TWide>.Run(new Deviations(squares, tensors.X, tensors.Mean), rows, columns, from, to);
            for (nint column = from; column < to; column += TLane.Width)
            {
                Statistics<TLane, TFloat, TWide>(squares, column, Math.Min(TLane.Width, to - column));
            }

            NormaliseStep step = new(tensors.Y, tensors.X, tensors.Mean, tensors.Rstd, tensors.Gamma, tensors.Beta);
            ColumnSweep<NormaliseStep, TLane, TFloat, TWide>.Run(step, rows, columns, from, to);
        }
    }

    private void Statistics<TLane, TFloat, TWide>(float* squares, nint column, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            TFloat sum = LaneMemory<TLane, TFloat, TWide>.Load(squares + column, count);
            TFloat variance = TLane.Add(TLane.Divide(sum, TLane.Create((float)rows)), TLane.Create(eps));
            LaneMemory<TLane, TFloat, TWide>.Store(Fp32Lane<TLane, TFloat, TWide>.Map<Fp32Functions.Rsqrt>(variance), tensors.Rstd + column, count);
            Blend<TLane, TFloat, TWide>(tensors.RunningMean + column, LaneMemory<TLane, TFloat, TWide>.Load(tensors.Mean + column, count), count);
            Blend<TLane, TFloat, TWide>(tensors.RunningVariance + column, TLane.Divide(sum, TLane.Create((float)(rows - 1))), count);
        }
    }

    private void Blend<TLane, TFloat, TWide>(float* running, TFloat current, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        TFloat kept = TLane.Multiply(TLane.Create(1 - momentum), LaneMemory<TLane, TFloat, TWide>.Load(running, count));
        LaneMemory<TLane, TFloat, TWide>.Store(TLane.Add(kept, TLane.Multiply(TLane.Create(momentum), current)), running, count);
    }

    private readonly struct Deviations(float* squares, float* x, float* means) : IColumnStep
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
                TFloat sum = LaneMemory<TLane, TFloat, TWide>.Load(squares + column, count);
                for (nint end = at + (rows.Count * rows.Stride); at < end; at += rows.Stride)
                {
                    TFloat deviation = TLane.Subtract(LaneMemory<TLane, TFloat, TWide>.Load(x + at, count), mean);
                    sum = TLane.Fma(deviation, deviation, sum);
                }

                LaneMemory<TLane, TFloat, TWide>.StoreBits(sum, squares + column, count);
            }
        }
    }
}
