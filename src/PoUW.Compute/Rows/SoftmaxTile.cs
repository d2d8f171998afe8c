using PoUW.Compute.Elementwise;
using PoUW.Compute.Lanes;

namespace PoUW.Compute.Rows;

/// <summary>The parts of softmax on a tile.</summary>
internal static unsafe class SoftmaxTile<TLane, TFloat, TWide>
    where TLane : IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    /// <summary>
    /// The maximum of each row. Fp32.Max does not depend on the order, so four chains run side by side.
    /// </summary>
    public static TFloat Maximum(float* tile, nint columns)
    {
        unchecked // Inside the tile.
        {
            TFloat m0 = TLane.Load(tile);
            (TFloat m1, TFloat m2, TFloat m3) = (m0, m0, m0);
            nint j = 0;
            for (; j <= columns - 4; j += 4)
            {
                float* at = tile + (j * TLane.Width);
                m0 = TLane.Max(m0, TLane.Load(at));
                m1 = TLane.Max(m1, TLane.Load(at + TLane.Width));
                m2 = TLane.Max(m2, TLane.Load(at + (2 * TLane.Width)));
                m3 = TLane.Max(m3, TLane.Load(at + (3 * TLane.Width)));
            }

            for (; j < columns; j++)
            {
                m0 = TLane.Max(m0, TLane.Load(tile + (j * TLane.Width)));
            }

            return TLane.Max(TLane.Max(m0, m1), TLane.Max(m2, m3));
        }
    }

    /// <summary>Replaces each x by e^(x - m) and returns the chain of their sums.</summary>
    public static TFloat Exponentials(float* tile, nint columns, TFloat m)
    {
        unchecked // Inside the tile.
        {
            TFloat sum = TLane.Create(0);
            for (nint j = 0; j < columns; j++)
            {
                float* at = tile + (j * TLane.Width);
                TFloat e = Fp32Lane<TLane, TFloat, TWide>.Map<Fp32Functions.Exp>(TLane.Subtract(TLane.Load(at), m));
                TLane.Store(e, at);
                sum = TLane.Add(sum, e);
            }

            return sum;
        }
    }

    /// <summary>Divides each number by that of its row.</summary>
    public static void Divide(float* tile, nint columns, TFloat sum)
    {
        unchecked // Inside the tile.
        {
            for (nint j = 0; j < columns; j++)
            {
                float* at = tile + (j * TLane.Width);
                TLane.Store(TLane.Canonical(TLane.Divide(TLane.Load(at), sum)), at);
            }
        }
    }
}
