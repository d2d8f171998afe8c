using System.Runtime.CompilerServices;
using PoUW.Compute.Elementwise;
using PoUW.Compute.Lanes;

namespace PoUW.Compute.Rows;

/// <summary>
/// softmax_causal_f32. A column that takes no part in its row is minus infinity for the maximum and +0 for the sum, which changes neither;
/// columns that take part in no row of the group are skipped.
/// </summary>
internal readonly unsafe struct SoftmaxCausalGroup(float* d, float* s, nint columns, nint block) : IRowGroup
{
    /// <summary>Columns are compared as fp32 numbers, which are exact up to here.</summary>
    public const int MaxColumns = 1 << 24;

    private const int WidestLane = 16;

    public int Tiles => 1;

    public void Group<TLane, TFloat, TWide>(nint row, nint rows, float* tile, nint size)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        float* last = stackalloc float[WidestLane];
        unchecked // Inside the tensors and the tile.
        {
            nint used = 0;
            for (nint r = 0; r < WidestLane; r++)
            {
                nint column = Math.Min((row + Math.Min(r, rows - 1)) % block, columns - 1);
                last[r] = column;
                used = Math.Max(used, column + 1);
            }

            RowTile<TLane, TFloat, TWide>.Load(s + (row * columns), columns, rows, used, tile);
            Mask<TLane, TFloat, TWide>(tile, used, TLane.Load(last));
            TFloat m = SoftmaxTile<TLane, TFloat, TWide>.Maximum(tile, used);
            Normalise<TLane, TFloat, TWide>(tile, used, TLane.Load(last), m);
            Unsafe.InitBlock(tile + (used * TLane.Width), 0, (uint)((size - (used * TLane.Width)) * sizeof(float)));
            RowTile<TLane, TFloat, TWide>.Store(tile, d + (row * columns), columns, rows, columns);
        }
    }

    private static void Mask<TLane, TFloat, TWide>(float* tile, nint columns, TFloat last)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tile.
        {
            for (nint j = 0; j < columns; j++)
            {
                TFloat beyond = TLane.Less(last, TLane.Create((float)j));
                float* at = tile + (j * TLane.Width);
                TLane.Store(TLane.Select(beyond, TLane.Create(float.NegativeInfinity), TLane.Load(at)), at);
            }
        }
    }

    private static void Normalise<TLane, TFloat, TWide>(float* tile, nint columns, TFloat last, TFloat m)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tile.
        {
            TFloat sum = TLane.Create(0);
            for (nint j = 0; j < columns; j++)
            {
                float* at = tile + (j * TLane.Width);
                TFloat e = Fp32Lane<TLane, TFloat, TWide>.Map<Fp32Functions.Exp>(TLane.Subtract(TLane.Load(at), m));
                e = TLane.Select(TLane.Less(last, TLane.Create((float)j)), TLane.Create(0), e);
                TLane.Store(e, at);
                sum = TLane.Add(sum, e);
            }

            for (nint j = 0; j < columns; j++)
            {
                float* at = tile + (j * TLane.Width);
                TFloat result = TLane.Canonical(TLane.Divide(TLane.Load(at), sum));
                TLane.Store(TLane.Select(TLane.Less(last, TLane.Create((float)j)), TLane.Create(0), result), at);
            }
        }
    }
}
