using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>Int32 d (R x 1) = column of the largest element of each row of s; a later column wins only if greater.</summary>
[SkipLocalsInit]
internal readonly unsafe struct ArgMaxGroup(int* d, float* s, nint columns) : IRowGroup
{
    private const int WidestLane = 16;

    public int ScratchRows => 0;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* scratch)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* block = stackalloc float[WidestLane * WidestLane];
        unchecked // Inside the tensors and the block.
        {
            float* first = s + (row * columns);
            TFloat best = TLane.Create(0);
            TFloat place = TLane.Create(0);
            for (nint column = 0; column < columns; column += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, columns - column);
                RowBlocks<TLane, TFloat, TWide>.Load(first + column, columns, rows, count, block);

                // Copies that stay in registers; the others live across a call.
                (TFloat own, TFloat ownPlace) = (column == 0 ? TLane.Load(block) : best, place);
                for (nint j = 0; j < count; j++)
                {
                    // Places are integers whose bits travel in the vector; nothing computes with them.
                    TFloat x = TLane.Load(block + (j * TLane.Width));
                    TFloat greater = TLane.Less(own, x);
                    own = TLane.Select(greater, x, own);
                    ownPlace = TLane.Select(greater, TLane.Create(BitConverter.Int32BitsToSingle((int)(column + j))), ownPlace);
                }

                (best, place) = (own, ownPlace);
            }

            LaneMemory<TLane, TFloat, TWide>.StoreBits(place, (float*)(d + row), rows);
        }
    }
}
