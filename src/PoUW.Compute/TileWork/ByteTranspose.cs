using System.Runtime.CompilerServices;

namespace PoUW.Compute.TileWork;

/// <summary>Transposes 8 x 8 bytes held in 64-bit words, on any machine.</summary>
internal static unsafe class ByteTranspose
{
    /// <summary>Reads 8 rows of 8 bytes and writes their transpose; strides are in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(byte* source, nint sourceStride, byte* destination, nint destinationStride)
    {
        ulong a = *(ulong*)source, b = *(ulong*)(source + sourceStride);
        ulong c = *(ulong*)(source + (2 * sourceStride)), d = *(ulong*)(source + (3 * sourceStride));
        ulong e = *(ulong*)(source + (4 * sourceStride)), f = *(ulong*)(source + (5 * sourceStride));
        ulong g = *(ulong*)(source + (6 * sourceStride)), h = *(ulong*)(source + (7 * sourceStride));
        Swap(ref a, ref b, 8, 0x00ff00ff00ff00ff);
        Swap(ref c, ref d, 8, 0x00ff00ff00ff00ff);
        Swap(ref e, ref f, 8, 0x00ff00ff00ff00ff);
        Swap(ref g, ref h, 8, 0x00ff00ff00ff00ff);
        Swap(ref a, ref c, 16, 0x0000ffff0000ffff);
        Swap(ref b, ref d, 16, 0x0000ffff0000ffff);
        Swap(ref e, ref g, 16, 0x0000ffff0000ffff);
        Swap(ref f, ref h, 16, 0x0000ffff0000ffff);
        Swap(ref a, ref e, 32, 0x00000000ffffffff);
        Swap(ref b, ref f, 32, 0x00000000ffffffff);
        Swap(ref c, ref g, 32, 0x00000000ffffffff);
        Swap(ref d, ref h, 32, 0x00000000ffffffff);
        *(ulong*)destination = a;
        *(ulong*)(destination + destinationStride) = b;
        *(ulong*)(destination + (2 * destinationStride)) = c;
        *(ulong*)(destination + (3 * destinationStride)) = d;
        *(ulong*)(destination + (4 * destinationStride)) = e;
        *(ulong*)(destination + (5 * destinationStride)) = f;
        *(ulong*)(destination + (6 * destinationStride)) = g;
        *(ulong*)(destination + (7 * destinationStride)) = h;
    }

    // Exchanges the high parts of x with the low parts of y. Words are little-endian on every machine that .NET runs on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Swap(ref ulong x, ref ulong y, int shift, ulong mask)
    {
        ulong difference = ((x >> shift) ^ y) & mask;
        y ^= difference;
        x ^= difference << shift;
    }
}
