using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>d (R x 1) = the chain of each row of s.</summary>
internal readonly unsafe struct ChainGroup<TChain>(float* d, float* s, nint columns) : IRowGroup
    where TChain : IRowChain
{
    public int ScratchRows => 0;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* scratch)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            TFloat sum = RowBlocks<TLane, TFloat, TWide>.Chain<TChain>(s + (row * columns), columns, rows, columns);
            LaneMemory<TLane, TFloat, TWide>.Store(sum, d + row, rows);
        }
    }
}
