using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.TileWork;

/// <summary>Transposes 16 x 16 words of 32 bits.</summary>
internal static unsafe class WordTranspose
{
    /// <summary>The same on spans.</summary>
    public static void Run(ReadOnlySpan<uint> source, int sourceStride, Span<uint> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, (15 * sourceStride) + 16);
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, 256);
        fixed (uint* from = source, to = destination)
        {
            Run(from, sourceStride, to);
        }
    }

    /// <summary>Reads 16 rows that lie <paramref name="sourceStride"/> words apart and writes 16 columns of 16 words one after the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(uint* source, nint sourceStride, uint* destination)
    {
        if (Avx512F.IsSupported)
        {
            RunVector(source, sourceStride, destination);
            return;
        }

        for (int row = 0; row < 16; row++)
        {
            for (int column = 0; column < 16; column++)
            {
                destination[(column * 16) + row] = source[(row * sourceStride) + column];
            }
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RunVector(uint* source, nint sourceStride, uint* destination)
    {
        Vector512<uint>* pairs = stackalloc Vector512<uint>[16];
        for (int i = 0; i < 16; i += 4)
        {
            Vector512<uint> r0 = Vector512.Load(source + (i * sourceStride));
            Vector512<uint> r1 = Vector512.Load(source + ((i + 1) * sourceStride));
            Vector512<uint> r2 = Vector512.Load(source + ((i + 2) * sourceStride));
            Vector512<uint> r3 = Vector512.Load(source + ((i + 3) * sourceStride));
            Vector512<ulong> low01 = Avx512F.UnpackLow(r0, r1).AsUInt64();
            Vector512<ulong> high01 = Avx512F.UnpackHigh(r0, r1).AsUInt64();
            Vector512<ulong> low23 = Avx512F.UnpackLow(r2, r3).AsUInt64();
            Vector512<ulong> high23 = Avx512F.UnpackHigh(r2, r3).AsUInt64();
            pairs[i] = Avx512F.UnpackLow(low01, low23).AsUInt32();
            pairs[i + 1] = Avx512F.UnpackHigh(low01, low23).AsUInt32();
            pairs[i + 2] = Avx512F.UnpackLow(high01, high23).AsUInt32();
            pairs[i + 3] = Avx512F.UnpackHigh(high01, high23).AsUInt32();
        }

        // Lane L of pairs[4i + c] now holds rows 4i..4i+3 of column 4L + c.
        for (int c = 0; c < 4; c++)
        {
            Vector512<uint> even0 = Avx512F.Shuffle4x128(pairs[c], pairs[4 + c], 0x88);
            Vector512<uint> even1 = Avx512F.Shuffle4x128(pairs[8 + c], pairs[12 + c], 0x88);
            Vector512<uint> odd0 = Avx512F.Shuffle4x128(pairs[c], pairs[4 + c], 0xdd);
            Vector512<uint> odd1 = Avx512F.Shuffle4x128(pairs[8 + c], pairs[12 + c], 0xdd);
            Avx512F.Shuffle4x128(even0, even1, 0x88).Store(destination + (c * 16));
            Avx512F.Shuffle4x128(odd0, odd1, 0x88).Store(destination + ((4 + c) * 16));
            Avx512F.Shuffle4x128(even0, even1, 0xdd).Store(destination + ((8 + c) * 16));
            Avx512F.Shuffle4x128(odd0, odd1, 0xdd).Store(destination + ((12 + c) * 16));
        }
    }
}
