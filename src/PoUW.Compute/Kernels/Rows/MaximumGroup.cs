using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>max_columns_f32.</summary>
internal readonly unsafe struct MaximumGroup(float* d, float* s, nint columns) : IRowGroup
{
    public int ScratchRows => 0;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* scratch)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        RowLengths lengths = RowLengths.All(columns);
        unchecked // Inside the tensors.
        {
            TFloat maximum = RowBlocks<TLane, TFloat, TWide>.Maximum(s + (row * columns), columns, rows, (nint*)&lengths);
            LaneMemory<TLane, TFloat, TWide>.Store(maximum, d + row, rows);
        }
    }
}
