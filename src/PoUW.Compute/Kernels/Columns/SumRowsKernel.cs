using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Columns;

/// <summary>sum_rows_f32; the units are columns. Whole vectors four rows at a time, so that their sums are loaded and stored less often.</summary>
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
            nint whole = to - ((to - from) % TLane.Width);
            nint row = 0;
            for (; row <= rows - Unrolled && from < whole; row += Unrolled)
            {
                Rows<TLane, TFloat, TWide>(row, Unrolled, from, whole);
            }

            for (; row < rows && from < whole; row++)
            {
                Rows<TLane, TFloat, TWide>(row, 1, from, whole);
            }

            if (whole < to)
            {
                Rest<TLane, TFloat, TWide>(whole, to);
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
            for (nint column = from; column < to; column += TLane.Width)
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
        }
    }

    /// <summary>Columns that fill no vector, their sums in a register: a store and a load a row would be the longer chain.</summary>
    private void Rest<TLane, TFloat, TWide>(nint from, nint to)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            TFloat sum = TLane.LoadPart(d + from, to - from);
            for (nint row = 0; row < rows; row++)
            {
                sum = TLane.Add(sum, TLane.LoadPart(s + (row * columns) + from, to - from));
            }

            TLane.StorePart(sum, d + from, to - from);
        }
    }
}
