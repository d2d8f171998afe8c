using System.Runtime.CompilerServices;
using PoUW.Compute.Backends;
using PoUW.Vm.Arithmetic;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Integers;

/// <summary>The kernels of lane I: vectors over whole blocks, and a padded block for the rest.</summary>
internal static class IntegerKernels
{
    public static void Register(KernelTable.Builder table)
    {
        table.Add(IntegerOps.RequantiseShift, static (KernelContext _, in TensorCall call) => Round(call, stochastic: false));
        table.Add(IntegerOps.StochasticRoundShift, static (KernelContext _, in TensorCall call) => Round(call, stochastic: true));
        table.Add(IntegerOps.MaxAbs, MaxAbs);
        table.Add(IntegerOps.Relu, static (KernelContext _, in TensorCall call) => Mask(call[0].Int8, call[1].Int8, call[1].Int8));
        table.Add(IntegerOps.ReluGradient, static (KernelContext _, in TensorCall call) => Mask(call[0].Int8, call[1].Int8, call[2].Int8));
        table.Add(IntegerOps.MomentumUpdate, Momentum);
        table.Add(IntegerOps.KeyedPermutation, Permutation);
        table.Add(IntegerOps.UniformFill, Uniform);
    }

    private static int Full(int length) => length / VectorKernels.Block * VectorKernels.Block;

    private static long Round(in TensorCall call, bool stochastic)
    {
        Span<sbyte> result = call[0].Int8;
        ReadOnlySpan<int> source = call[1].Int32;
        int full = Full(source.Length);
        RoundBlocks(call, stochastic, result[..full], source[..full]);
        TailInts tail = default;
        TailBytes rounded = default;
        source[full..].CopyTo(tail);
        RoundBlocks(call, stochastic, rounded, tail);
        ((ReadOnlySpan<sbyte>)rounded)[..(source.Length - full)].CopyTo(result[full..]);
        return 0;
    }

    private static void RoundBlocks(in TensorCall call, bool stochastic, Span<sbyte> result, ReadOnlySpan<int> source)
    {
        (int shift, int limit) = ((int)call.Arguments[0], call.Immediates[0]);
        if (stochastic)
        {
            VectorKernels.StochasticRound(result, source, shift, limit);
        }
        else
        {
            VectorKernels.Requantise(result, source, shift, limit);
        }
    }

    private static long MaxAbs(KernelContext context, in TensorCall call)
    {
        if (call[0].Type != TensorType.Int32)
        {
            return IntegerOps.MaxAbs.Execute(call);
        }

        ReadOnlySpan<int> source = call[0].Int32;
        int full = Full(source.Length);
        TailInts tail = default;
        source[full..].CopyTo(tail);
        return Math.Max(VectorKernels.MaxAbs(source[..full]), VectorKernels.MaxAbs(tail));
    }

    private static long Mask(Span<sbyte> result, ReadOnlySpan<sbyte> source, ReadOnlySpan<sbyte> gate)
    {
        int full = Full(source.Length);
        TailBytes lastSource = default;
        TailBytes lastGate = default;
        source[full..].CopyTo(lastSource);
        gate[full..].CopyTo(lastGate);
        VectorKernels.Mask(result[..full], source[..full], gate[..full]);
        VectorKernels.Mask(lastSource, lastSource, lastGate);
        ((ReadOnlySpan<sbyte>)lastSource)[..(source.Length - full)].CopyTo(result[full..]);
        return 0;
    }

    private static long Momentum(KernelContext context, in TensorCall call)
    {
        Span<int> weight = call[0].Int32;
        Span<int> velocity = call[1].Int32;
        ReadOnlySpan<sbyte> gradient = call[2].Int8;
        (int decay, int rate, int limit) = (call.Immediates[0], (int)call.Arguments[0], (int)call.Arguments[1]);
        int full = Full(gradient.Length);
        VectorKernels.Momentum(weight[..full], velocity[..full], gradient[..full], decay, rate, limit);
        TailInts lastWeight = default;
        TailInts lastVelocity = default;
        TailBytes lastGradient = default;
        weight[full..].CopyTo(lastWeight);
        velocity[full..].CopyTo(lastVelocity);
        gradient[full..].CopyTo(lastGradient);
        VectorKernels.Momentum(lastWeight, lastVelocity, lastGradient, decay, rate, limit);
        ((ReadOnlySpan<int>)lastWeight)[..(gradient.Length - full)].CopyTo(weight[full..]);
        ((ReadOnlySpan<int>)lastVelocity)[..(gradient.Length - full)].CopyTo(velocity[full..]);
        return 0;
    }

    private static long Uniform(KernelContext context, in TensorCall call)
    {
        Span<int> result = call[0].Int32;
        (ulong key, ulong stream) = unchecked(((ulong)call.Arguments[0], (ulong)call.Arguments[1]));
        int bound = (int)call.Arguments[2];
        Span<int> block = stackalloc int[4];
        for (int i = 0; i < result.Length; i += block.Length)
        {
            (uint x0, uint x1, uint x2, uint x3) = Philox4x32.Block(key, stream, (ulong)i / 4);
            block[0] = Philox4x32.ToRange(x0, bound);
            block[1] = Philox4x32.ToRange(x1, bound);
            block[2] = Philox4x32.ToRange(x2, bound);
            block[3] = Philox4x32.ToRange(x3, bound);
            block[..Math.Min(block.Length, result.Length - i)].CopyTo(result[i..]);
        }

        return 0;
    }

    private static long Permutation(KernelContext context, in TensorCall call)
    {
        SwapOrNotShuffle shuffle =
            context.Shuffle(call[1].UInt8, call.Arguments[2], (int)call.Arguments[0], call.Immediates[0]);
        shuffle.Permute((int)call.Arguments[1], call[0].Int32);
        return 0;
    }

    [InlineArray(VectorKernels.Block)]
    private struct TailInts
    {
        private int _first;
    }

    [InlineArray(VectorKernels.Block)]
    private struct TailBytes
    {
        private sbyte _first;
    }
}
