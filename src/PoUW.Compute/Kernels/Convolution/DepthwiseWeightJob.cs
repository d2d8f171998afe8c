using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Threading;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>
/// The weight gradient if every channel is a group of its own: vectors run over channels, and nine taps share each dy. A part is a block of
/// taps for a vector of channels, over all lines of the plan.
/// </summary>
internal unsafe struct DepthwiseWeightJob<TLane, TVector> : ITeamJob
    where TLane : struct, IFmaLane<TVector>
    where TVector : unmanaged
{
    private const int TapsAtOnce = 9;

    private WeightPlan _plan;
    private int _taps;
    private int _kernelWidth;
    private int _tapBlocks;

    /// <summary>Runs the plan on the team.</summary>
    /// <param name="plan">Lines and sources; its columns are all channels, and a row of the result is a tap.</param>
    /// <param name="kernelWidth">Width of a window.</param>
    /// <param name="team">Who computes.</param>
    public static void Run(in WeightPlan plan, int kernelWidth, ThreadTeam team)
    {
        int taps = plan.KernelHeight * kernelWidth;
        DepthwiseWeightJob<TLane, TVector> job = new()
        {
            _plan = plan,
            _taps = taps,
            _kernelWidth = kernelWidth,
            _tapBlocks = (taps + TapsAtOnce - 1) / TapsAtOnce,
        };
        team.Run(job._tapBlocks * ((plan.Columns + TLane.Width - 1) / TLane.Width), job);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Execute(int part, int participant)
    {
        int first = part % _tapBlocks * TapsAtOnce;
        int channel = part / _tapBlocks * TLane.Width;
        int channels = Math.Min(TLane.Width, _plan.Columns - channel);
        nint* taps = stackalloc nint[TapsAtOnce];
        TVector* sums = stackalloc TVector[TapsAtOnce];
        int count = Math.Min(TapsAtOnce, _taps - first);
        for (int i = 0; i < TapsAtOnce; i++)
        {
            int tap = first + Math.Min(i, count - 1); // Missing taps repeat the last one and are not stored.
            taps[i] = (tap / _kernelWidth * _plan.SourceRow) + ((nint)(tap % _kernelWidth) * _plan.Columns);
            sums[i] = _plan.Load ? TLane.LoadFirst(_plan.Target + ((nint)tap * _plan.Columns) + channel, channels) : default;
        }

        Sum(taps, sums, channel, channels);
        for (int i = 0; i < count; i++)
        {
            TVector sum = _plan.Last ? TLane.Canonical(sums[i]) : sums[i];
            TLane.StoreFirst(sum, _plan.Target + ((nint)(first + i) * _plan.Columns) + channel, channels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Sum(nint* taps, TVector* sums, int channel, int channels)
    {
        unchecked // Pointers stay inside the sources and dy.
        {
            TVector a = sums[0], b = sums[1], c = sums[2], d = sums[3], e = sums[4], f = sums[5], g = sums[6], h = sums[7], i = sums[8];
            float* gradient = _plan.Outputs + channel;
            for (int line = 0; line < _plan.Lines; line++)
            {
                float* source = _plan.Source + _plan.Offsets[line] + channel;
                for (int pixel = 0; pixel < _plan.Pixels; pixel++, source += _plan.SourceStep, gradient += _plan.Columns)
                {
                    TVector y = Read(gradient, channels);
                    a = TLane.MultiplyAdd(Read(source + taps[0], channels), y, a);
                    b = TLane.MultiplyAdd(Read(source + taps[1], channels), y, b);
                    c = TLane.MultiplyAdd(Read(source + taps[2], channels), y, c);
                    d = TLane.MultiplyAdd(Read(source + taps[3], channels), y, d);
                    e = TLane.MultiplyAdd(Read(source + taps[4], channels), y, e);
                    f = TLane.MultiplyAdd(Read(source + taps[5], channels), y, f);
                    g = TLane.MultiplyAdd(Read(source + taps[6], channels), y, g);
                    h = TLane.MultiplyAdd(Read(source + taps[7], channels), y, h);
                    i = TLane.MultiplyAdd(Read(source + taps[8], channels), y, i);
                }
            }

            (sums[0], sums[1], sums[2], sums[3], sums[4]) = (a, b, c, d, e);
            (sums[5], sums[6], sums[7], sums[8]) = (f, g, h, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Read(float* source, int channels) =>
        channels == TLane.Width ? TLane.Load(source) : TLane.LoadFirst(source, channels);
}
