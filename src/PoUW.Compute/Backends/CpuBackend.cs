using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PoUW.Compute.Threading;
using PoUW.Vm.Arithmetic;
using PoUW.Vm.Backends;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Backends;

/// <summary>
/// The default backend: vectorised kernels that give the same bits as <see cref="ScalarBackend"/>. Runs on the caller's thread,
/// products on a team if it is given one, and keeps its working memory, so a steady workload allocates nothing. Not thread-safe: one
/// instance a machine.
/// </summary>
public sealed class CpuBackend : ITensorBackend, IDisposable
{
    private const int CachedShuffles = 2;

    private readonly ScalarBackend _scalar = new();
    private readonly IGemmEngine _gemm;
    private readonly List<(byte[] Key, long Tweak, int Count, int Rounds, SwapOrNotShuffle Shuffle)> _shuffles = [];

    /// <summary>Uses the fastest kernel of this machine on the caller's thread.</summary>
    public CpuBackend()
        : this(Best())
    {
    }

    /// <summary>Uses the fastest kernel of this machine and shares products among a team.</summary>
    /// <param name="team">Who computes; stays the caller's to dispose, and must not be in use elsewhere during a product.</param>
    public CpuBackend(ThreadTeam team)
        : this(Best(), team)
    {
    }

    /// <summary>Uses one kernel; for tests and measurements.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="team">Who computes products, or null for the caller's thread alone.</param>
    /// <exception cref="NotSupportedException">The machine does not have it.</exception>
    public CpuBackend(CpuKernel kernel, ThreadTeam? team = null)
    {
        if (!IsSupported(kernel))
        {
            throw new NotSupportedException($"This machine has no {kernel}.");
        }

        Kernel = kernel;
        _gemm = team is null ? CreateEngine(kernel) : new TeamEngine(team, () => CreateEngine(kernel));
    }

    /// <summary>The product kernel in use.</summary>
    public CpuKernel Kernel { get; }

    /// <summary>True if this machine has the instructions.</summary>
    public static bool IsSupported(CpuKernel kernel) => kernel switch
    {
        CpuKernel.AvxVnni => AvxVnni.IsSupported,
        CpuKernel.Avx512 or CpuKernel.Avx512Byte => Avx512BW.IsSupported,
        CpuKernel.Avx2 => Avx2.IsSupported,
        _ => kernel == CpuKernel.Portable,
    };

    /// <inheritdoc/>
    public unsafe void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        fixed (sbyte* left = a.Int8, right = b.Int8)
        fixed (int* result = c.Int32)
        {
            if (!_gemm.Multiply(shape, new OutputRegion(0, shape.M, 0, shape.N), left, right, result))
            {
                throw new InvalidOperationException($"{Kernel} cannot multiply these operands.");
            }
        }
    }

    /// <inheritdoc/>
    public long VectorOp(in VectorOperation operation, in VectorOperands operands)
    {
        switch (operation.Code)
        {
            case VectorOpcode.RequantiseShift or VectorOpcode.StochasticRoundShift:
                Round(operation, operands.First.Int8, operands.Second.Int32);
                return 0;
            case VectorOpcode.MaxAbs when operands.First.Type == TensorType.Int32:
                return MaxAbs(operands.First.Int32);
            case VectorOpcode.Relu:
                Mask(operands.First.Int8, operands.Second.Int8, operands.Second.Int8);
                return 0;
            case VectorOpcode.ReluGradient:
                Mask(operands.First.Int8, operands.Second.Int8, operands.Third.Int8);
                return 0;
            case VectorOpcode.MomentumUpdate:
                Momentum(operation, operands.First.Int32, operands.Second.Int32, operands.Third.Int8);
                return 0;
            case VectorOpcode.KeyedPermutation:
                Permutation(operation, operands.First.Int32, operands.Second.UInt8);
                return 0;
            case VectorOpcode.UniformFill:
                Uniform(operation, operands.First.Int32);
                return 0;
            default:
                return _scalar.VectorOp(operation, operands);
        }
    }

    /// <inheritdoc/>
    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _scalar.MemCopy(rows, destination, source);

    /// <inheritdoc/>
    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _scalar.Checkpoint(name, state);

    /// <summary>Frees the working memory.</summary>
    public void Dispose() => _gemm.Dispose();

    /// <summary>A kernel for one thread.</summary>
    internal static IGemmEngine CreateEngine(CpuKernel kernel) => kernel switch
    {
        CpuKernel.Avx512Byte => new NarrowFirstEngine(
            new GemmEngine<Avx512ByteLane, Vector512<int>>(),
            CreateEngine(AvxVnni.IsSupported ? CpuKernel.AvxVnni : CpuKernel.Avx512)),
        CpuKernel.AvxVnni => new GemmEngine<AvxVnniLane, Vector256<int>>(),
        CpuKernel.Avx512 => new GemmEngine<Avx512Lane, Vector512<int>>(),
        CpuKernel.Avx2 => new GemmEngine<Avx2Lane, Vector256<int>>(),
        _ => new GemmEngine<PortableLane, Vector256<int>>(),
    };

    private static CpuKernel Best() => Avx512BW.IsSupported ? CpuKernel.Avx512Byte
        : AvxVnni.IsSupported ? CpuKernel.AvxVnni
        : Avx2.IsSupported ? CpuKernel.Avx2
        : CpuKernel.Portable;

    private static int Full(int length) => length / VectorKernels.Block * VectorKernels.Block;

    private static void Round(in VectorOperation operation, Span<sbyte> result, ReadOnlySpan<int> source)
    {
        int full = Full(source.Length);
        RoundBlocks(operation, result[..full], source[..full]);
        TailInts tail = default;
        TailBytes rounded = default;
        source[full..].CopyTo(tail);
        RoundBlocks(operation, rounded, tail);
        ((ReadOnlySpan<sbyte>)rounded)[..(source.Length - full)].CopyTo(result[full..]);
    }

    private static void RoundBlocks(in VectorOperation operation, Span<sbyte> result, ReadOnlySpan<int> source)
    {
        if (operation.Code == VectorOpcode.RequantiseShift)
        {
            VectorKernels.Requantise(result, source, (int)operation.Argument0, operation.Immediate0);
        }
        else
        {
            VectorKernels.StochasticRound(result, source, (int)operation.Argument0, operation.Immediate0);
        }
    }

    private static long MaxAbs(ReadOnlySpan<int> source)
    {
        int full = Full(source.Length);
        TailInts tail = default;
        source[full..].CopyTo(tail);
        return Math.Max(VectorKernels.MaxAbs(source[..full]), VectorKernels.MaxAbs(tail));
    }

    private static void Mask(Span<sbyte> result, ReadOnlySpan<sbyte> source, ReadOnlySpan<sbyte> gate)
    {
        int full = Full(source.Length);
        TailBytes lastSource = default;
        TailBytes lastGate = default;
        source[full..].CopyTo(lastSource);
        gate[full..].CopyTo(lastGate);
        VectorKernels.Mask(result[..full], source[..full], gate[..full]);
        VectorKernels.Mask(lastSource, lastSource, lastGate);
        ((ReadOnlySpan<sbyte>)lastSource)[..(source.Length - full)].CopyTo(result[full..]);
    }

    private static void Momentum(in VectorOperation operation, Span<int> weight, Span<int> velocity, ReadOnlySpan<sbyte> gradient)
    {
        (int decay, int rate, int limit) = (operation.Immediate0, (int)operation.Argument0, (int)operation.Argument1);
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
    }

    private static void Uniform(in VectorOperation operation, Span<int> result)
    {
        (ulong key, ulong stream) = unchecked(((ulong)operation.Argument0, (ulong)operation.Argument1));
        int bound = (int)operation.Argument2;
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
    }

    private void Permutation(in VectorOperation operation, Span<int> result, ReadOnlySpan<byte> key)
    {
        SwapOrNotShuffle shuffle = Shuffle(key, operation.Argument2, (int)operation.Argument0, operation.Immediate0);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = shuffle.Permute((int)operation.Argument1 + i);
        }
    }

    /// <summary>Consecutive batches use the same permutation, so its hashes are kept.</summary>
    private SwapOrNotShuffle Shuffle(ReadOnlySpan<byte> key, long tweak, int count, int rounds)
    {
        foreach ((byte[] cachedKey, long cachedTweak, int cachedCount, int cachedRounds, SwapOrNotShuffle cached) in _shuffles)
        {
            if (cachedTweak == tweak && cachedCount == count && cachedRounds == rounds && key.SequenceEqual(cachedKey))
            {
                return cached;
            }
        }

        if (_shuffles.Count == CachedShuffles)
        {
            _shuffles.RemoveAt(0);
        }

        SwapOrNotShuffle shuffle = new(key, tweak, count, rounds);
        _shuffles.Add((key.ToArray(), tweak, count, rounds, shuffle));
        return shuffle;
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
