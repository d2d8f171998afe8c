using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PoUW.Compute.Kernels.IntegerGemm;

namespace PoUW.Compute.TileWork;

/// <summary>Transposes 16 x 16 bytes in vector registers, on any machine.</summary>
internal static unsafe class ByteTranspose
{
    /// <summary>Edge of a block.</summary>
    public const int Edge = ByteBlocks.Edge;

    /// <summary>Reads 16 rows of 16 bytes and writes their transpose; strides are in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(byte* source, nint sourceStride, byte* destination, nint destinationStride)
    {
        unchecked // Addresses stay inside the blocks.
        {
            Quad(source, sourceStride, out Vector128<int> a0, out Vector128<int> b0, out Vector128<int> c0, out Vector128<int> d0);
            source += 4 * sourceStride;
            Quad(source, sourceStride, out Vector128<int> a1, out Vector128<int> b1, out Vector128<int> c1, out Vector128<int> d1);
            source += 4 * sourceStride;
            Quad(source, sourceStride, out Vector128<int> a2, out Vector128<int> b2, out Vector128<int> c2, out Vector128<int> d2);
            source += 4 * sourceStride;
            Quad(source, sourceStride, out Vector128<int> a3, out Vector128<int> b3, out Vector128<int> c3, out Vector128<int> d3);
            FourRows(a0, a1, a2, a3, destination, destinationStride);
            FourRows(b0, b1, b2, b3, destination + (4 * destinationStride), destinationStride);
            FourRows(c0, c1, c2, c3, destination + (8 * destinationStride), destinationStride);
            FourRows(d0, d1, d2, d3, destination + (12 * destinationStride), destinationStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quad(
        byte* rows, nint stride, out Vector128<int> a, out Vector128<int> b, out Vector128<int> c, out Vector128<int> d)
    {
        unchecked // Addresses stay inside the blocks.
        {
            a = Vector128.Load(rows).AsInt32();
            b = Vector128.Load(rows + stride).AsInt32();
            c = Vector128.Load(rows + (2 * stride)).AsInt32();
            d = Vector128.Load(rows + (3 * stride)).AsInt32();
            ByteBlocks.Interleave(ref a, ref b, ref c, ref d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourRows(
        Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d, byte* destination, nint stride)
    {
        unchecked // Addresses stay inside the blocks.
        {
            ByteBlocks.Transpose(ref a, ref b, ref c, ref d);
            a.AsByte().Store(destination);
            b.AsByte().Store(destination + stride);
            c.AsByte().Store(destination + (2 * stride));
            d.AsByte().Store(destination + (3 * stride));
        }
    }
}
