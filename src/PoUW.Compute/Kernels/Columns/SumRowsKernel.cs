using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Columns;

/// <summary>
/// sum_rows_f32; the units are columns. Up to four vectors of sums stay in registers while all rows go by. Wide matrices are read in their
/// order instead, and the sums wait in memory.
/// </summary>
internal readonly unsafe struct SumRowsKernel(float* d, float* s, nint rows, nint columns) : ILaneKernel
{
    // Of wider rows a few vectors each would be read from a page of its own.
    private const int WidestInRegisters = 1024;
    private const int Unrolled = 4;

    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            nint column = from;
            if (columns > WidestInRegisters && rows > Unrolled)
            {
                column = to - ((to - from) % TLane.Width);
                SumInMemory<TLane, TFloat, TWide>(from, column);
            }

            for (; to - column >= Unrolled * TLane.Width; column += Unrolled * TLane.Width)
            {
                SumFour<TLane, TFloat, TWide>(column);
            }

            for (; column < to; column += TLane.Width)
            {
                SumOne<TLane, TFloat, TWide>(column, Math.Min(TLane.Width, to - column));
            }
        }
    }

    private void SumFour<TLane, TFloat, TWide>(nint column)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            nint width = TLane.Width;
            float* x = s + column;
            TFloat s0 = TLane.Create(0), s1 = s0, s2 = s0, s3 = s0;
            for (nint row = 0; row < rows; row++, x += columns)
            {
                s0 = TLane.Add(s0, TLane.Load(x));
                s1 = TLane.Add(s1, TLane.Load(x + width));
                s2 = TLane.Add(s2, TLane.Load(x + (2 * width)));
                s3 = TLane.Add(s3, TLane.Load(x + (3 * width)));
            }

            float* sums = d + column;
            TLane.Store(TLane.Canonical(s0), sums);
            TLane.Store(TLane.Canonical(s1), sums + width);
            TLane.Store(TLane.Canonical(s2), sums + (2 * width));
            TLane.Store(TLane.Canonical(s3), sums + (3 * width));
        }
    }

    private void SumOne<TLane, TFloat, TWide>(nint column, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors: what a whole vector reads behind its columns belongs to the next rows and is not stored.
        {
            float* x = s + column;
            nint room = (rows * columns) - column - TLane.Width;
            nint whole = room < 0 ? 0 : (room / columns) + 1;
            TFloat sum = TLane.Create(0);
            for (nint row = 0; row < whole; row++, x += columns)
            {
                sum = TLane.Add(sum, TLane.Load(x));
            }

            for (nint row = whole; row < rows; row++, x += columns)
            {
                sum = TLane.Add(sum, TLane.LoadPart(x, count));
            }

            LaneMemory<TLane, TFloat, TWide>.Store(sum, d + column, count);
        }
    }

    /// <summary>Whole vectors of columns, four rows at a time, so that the sums are loaded and stored less often.</summary>
    private void SumInMemory<TLane, TFloat, TWide>(nint from, nint to)
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
                AddRows<TLane, TFloat, TWide>(row, Unrolled, from, to);
            }

            for (; row < rows; row++)
            {
                AddRows<TLane, TFloat, TWide>(row, 1, from, to);
            }

            for (nint column = from; column < to; column += TLane.Width)
            {
                TLane.Store(TLane.Canonical(TLane.Load(d + column)), d + column);
            }
        }
    }

    private void AddRows<TLane, TFloat, TWide>(nint row, int count, nint from, nint to)
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
}
