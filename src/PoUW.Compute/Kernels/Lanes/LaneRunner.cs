using System.Runtime.Intrinsics;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Threading;

namespace PoUW.Compute.Kernels.Lanes;

/// <summary>Chooses the lane of a backend's instruction family and shares the units of a kernel between its threads.</summary>
internal static class LaneRunner
{
    private const long WorkPerPart = 1 << 14;
    private const int PartsPerThread = 4;

    /// <summary>Runs all units. The parts do not change a bit, since a unit is never split.</summary>
    /// <param name="context">The backend's context.</param>
    /// <param name="units">Number of units.</param>
    /// <param name="work">Cost of all of them, in elements of plain arithmetic.</param>
    /// <param name="step">Parts start at multiples of it.</param>
    /// <param name="kernel">What runs.</param>
    public static void Run<TKernel>(KernelContext context, long units, long work, int step, in TKernel kernel)
        where TKernel : struct, ILaneKernel
    {
        switch (context.FloatGemm.Kernel)
        {
            case FloatKernel.Avx512:
                Share<TKernel, Float512Lane, Vector512<float>, Vector512<double>>(context.Team, units, work, step, kernel);
                break;
            case FloatKernel.Avx2:
                Share<TKernel, Float256Lane, Vector256<float>, Vector256<double>>(context.Team, units, work, step, kernel);
                break;
            default:
                Share<TKernel, Float128Lane, Vector128<float>, Vector128<double>>(context.Team, units, work, step, kernel);
                break;
        }
    }

    private static void Share<TKernel, TLane, TFloat, TWide>(ThreadTeam team, long units, long work, int step, in TKernel kernel)
        where TKernel : struct, ILaneKernel
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        long wanted = Math.Min(work / WorkPerPart, (long)team.Size * PartsPerThread);
        if (team.Size == 1 || wanted <= 1 || units <= step)
        {
            kernel.Run<TLane, TFloat, TWide>(0, (nint)units, 0);
            return;
        }

        long steps = (units + step - 1) / step;
        long size = (steps + wanted - 1) / wanted * step;
        team.Run((int)((units + size - 1) / size), new Part<TKernel, TLane, TFloat, TWide>(kernel, units, size));
    }

    private readonly struct Part<TKernel, TLane, TFloat, TWide>(TKernel kernel, long units, long size) : ITeamJob
        where TKernel : struct, ILaneKernel
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        public void Execute(int part, int participant)
        {
            long from = part * size;
            kernel.Run<TLane, TFloat, TWide>((nint)from, (nint)Math.Min(units, from + size), participant);
        }
    }
}
