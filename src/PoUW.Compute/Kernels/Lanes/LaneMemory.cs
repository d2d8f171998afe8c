using System.Runtime.CompilerServices;

namespace PoUW.Compute.Kernels.Lanes;

/// <summary>
/// Reads and writes of a whole vector or of its first elements. A constant count lets the compiler drop the branch.
/// </summary>
internal static unsafe class LaneMemory<TLane, TFloat, TWide>
    where TLane : IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    /// <summary>Reads the first elements; the others are +0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat Load(float* source, nint count) =>
        count == TLane.Width ? TLane.Load(source) : TLane.LoadPart(source, count);

    /// <summary>Writes the first elements with the canonical NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(TFloat value, float* destination, nint count) => StoreBits(TLane.Canonical(value), destination, count);

    /// <summary>Writes the bits of the first elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBits(TFloat value, float* destination, nint count)
    {
        if (count == TLane.Width)
        {
            TLane.Store(value, destination);
        }
        else
        {
            TLane.StorePart(value, destination, count);
        }
    }
}
