using PoUW.Compute.Lanes;

namespace PoUW.Compute.Rows;

/// <summary>d (R x 1) = the chain of each row of s, a block of columns at a time.</summary>
internal readonly unsafe struct ChainGroup<TChain>(float* d, float* s, nint columns) : IRowGroup
    where TChain : IRowChain
{
    private const int WidestLane = 16;

    public int Tiles => 0;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* tile, nint size)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* block = stackalloc float[WidestLane * WidestLane];
        unchecked // Inside the tensors and the block.
        {
            float* first = s + (row * columns);
            TFloat sum = TLane.Create(0);
            for (nint column = 0; column < columns; column += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, columns - column);
                RowTile<TLane, TFloat, TWide>.Load(first + column, columns, rows, count, block);
                sum = column == 0 ? TChain.Start<TLane, TFloat, TWide>(TLane.Load(block)) : sum;
                for (nint j = 0; j < count; j++)
                {
                    sum = TChain.Step<TLane, TFloat, TWide>(sum, TLane.Load(block + (j * TLane.Width)));
                }
            }

            LaneMemory<TLane, TFloat, TWide>.Store(sum, d + row, rows);
        }
    }
}
