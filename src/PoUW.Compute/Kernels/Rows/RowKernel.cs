using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>Runs an operation on rows group by group; the units are rows.</summary>
internal readonly unsafe struct RowKernel<TGroup>(KernelContext context, TGroup group, nint columns) : ILaneKernel
    where TGroup : struct, IRowGroup
{
    private const int WidestLane = 16;

    /// <summary>Runs all rows, on the threads of the context.</summary>
    /// <param name="context">The backend's context.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Columns of a row.</param>
    /// <param name="cost">Cost of an element in plain additions.</param>
    /// <param name="group">What runs.</param>
    public static void Run(KernelContext context, int rows, int columns, int cost, in TGroup group) =>
        LaneRunner.Run(context, rows, (long)rows * columns * cost, WidestLane, new RowKernel<TGroup>(context, group, columns));

    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* scratch = group.ScratchRows == 0 ? null : context.Scratch(participant, (long)columns * group.ScratchRows);
        for (nint row = from; row < to; row += TLane.Width)
        {
            group.Group<TLane, TFloat, TWide>(row, Math.Min(TLane.Width, to - row), scratch);
        }
    }
}
