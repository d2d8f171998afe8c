using PoUW.Compute.Kernels.Convolution;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Threading;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Backends;

/// <summary>
/// What the kernels of one backend share: the instruction family, the team and memory that outlives a call. Not thread-safe.
/// </summary>
internal sealed unsafe class KernelContext : IDisposable
{
    private const int CachedShuffles = 2;

    private readonly ScratchBuffer[] _scratch;

    private readonly List<(byte[] Key, long Tweak, int Count, int Rounds, SwapOrNotShuffle Shuffle)> _shuffles = [];

    public KernelContext(CpuKernel kernel, int threads)
    {
        Kernel = kernel;
        Team = new ThreadTeam(threads);
        _scratch = [.. Enumerable.Range(0, threads).Select(static _ => new ScratchBuffer())];
        FloatGemm = new FloatGemm(Kernels.Gemm.FloatGemm.For(kernel), Team);
        FloatConvolution = FloatConvolutionKernels.CreateEngine(kernel, threads);
        IntegerConvolution = new IntegerConvolutionEngine(() => CpuBackend.CreateEngine(kernel), FloatConvolution, threads);
    }

    /// <summary>The instruction family in use.</summary>
    public CpuKernel Kernel { get; }

    /// <summary>The threads that share an operation.</summary>
    public ThreadTeam Team { get; }

    /// <summary>The products of lane R.</summary>
    public FloatGemm FloatGemm { get; }

    /// <summary>The convolutions of lane R.</summary>
    public IFloatConvolution FloatConvolution { get; }

    /// <summary>The convolutions of lane I.</summary>
    public IntegerConvolutionEngine IntegerConvolution { get; }

    /// <summary>
    /// Working memory of one participant of the team. Address and content stay until it asks for more than ever before.
    /// </summary>
    public float* Scratch(int participant, long floats) => (float*)_scratch[participant].Reserve(floats);

    /// <summary>Frees the working memory and ends the team.</summary>
    public void Dispose()
    {
        FloatConvolution.Dispose();
        IntegerConvolution.Dispose();
        foreach (ScratchBuffer buffer in _scratch)
        {
            buffer.Dispose();
        }

        FloatGemm.Dispose();
        Team.Dispose();
    }

    /// <summary>Consecutive batches use the same permutation, so its hashes are kept.</summary>
    public SwapOrNotShuffle Shuffle(ReadOnlySpan<byte> key, long tweak, int count, int rounds)
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
}
