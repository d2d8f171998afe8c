using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Columns;

/// <summary>sum_rows_f32; the units are columns. Four rows at a time, so that the sums are loaded and stored less often.</summary>
internal readonly unsafe struct SumRowsKernel(float* d, float* s, nint rows, nint columns) : ILaneKernel
{
    private const int Unrolled = 4;

    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            new Span<float>(d + from, (int)(to - from)).Clear();
            nint row = 0;
            for (; row <= rows - Unrolled; row += Unrolled)
            {
                Rows<TLane, TFloat, TWide>(row, Unrolled, from, to);
            }

            for (; row < rows; row++)
            {
                Rows<TLane, TFloat, TWide>(row, 1, from, to);
            }

            for (nint column = from; column < to; column += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, to - column);
                LaneMemory<TLane, TFloat, TWide>.Store(LaneMemory<TLane, TFloat, TWide>.Load(d + column, count), d + column, count);
            }
        }
    }

    private void Rows<TLane, TFloat, TWide>(nint row, int count, nint from, nint to)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            nint column = from;
            for (; column <= to - TLane.Width; column += TLane.Width)
            {
                float* x = s + (row * columns) + column;
                TFloat sum = TLane.Add(TLane.Load(d + column), TLane.Load(x));
                if (count == Unrolled)
                {
                    sum = TLane.Add(sum, TLane.Load(x + columns));
                    sum = TLane.Add(sum, TLane.Load(x + (2 * columns)));
                    sum = TLane.Add(sum, TLane.Load(x + (3 * columns)));
                }

                TLane.Store(sum, d + column);
            }

            for (nint i = 0; i < count && column < to; i++)
            {
                TFloat x = TLane.LoadPart(s + ((row + i) * columns) + column, to - column);
                TLane.StorePart(TLane.Add(TLane.LoadPart(d + column, to - column), x), d + column, to - column);
            }
        }
    }
}
