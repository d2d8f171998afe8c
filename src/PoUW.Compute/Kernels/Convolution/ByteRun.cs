using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>Short runs of bytes and ints, for which a call of the general copy costs more than the copy.</summary>
internal static unsafe class ByteRun
{
    /// <summary>Copies a run; the two do not overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(sbyte* source, int length, sbyte* destination)
    {
        unchecked // Pointers stay inside the runs.
        {
            if (length >= Vector128<sbyte>.Count)
            {
                int last = length - Vector128<sbyte>.Count;
                for (int i = 0; i < last; i += Vector128<sbyte>.Count)
                {
                    Vector128.Load(source + i).Store(destination + i);
                }

                Vector128.Load(source + last).Store(destination + last);
                return;
            }

            if (length >= sizeof(long))
            {
                int last = length - sizeof(long);
                Unsafe.WriteUnaligned(destination, Unsafe.ReadUnaligned<long>(source));
                Unsafe.WriteUnaligned(destination + last, Unsafe.ReadUnaligned<long>(source + last));
                return;
            }

            if (length >= sizeof(int))
            {
                int last = length - sizeof(int);
                Unsafe.WriteUnaligned(destination, Unsafe.ReadUnaligned<int>(source));
                Unsafe.WriteUnaligned(destination + last, Unsafe.ReadUnaligned<int>(source + last));
                return;
            }

            for (int i = 0; i < length; i++)
            {
                destination[i] = source[i];
            }
        }
    }

    /// <summary>destination += source, modulo 2^32.</summary>
    public static void Add(int* source, int length, int* destination)
    {
        unchecked // Sums are modulo 2^32, and pointers stay inside the runs.
        {
            int i = 0;
            for (; i <= length - Vector512<int>.Count; i += Vector512<int>.Count)
            {
                (Vector512.Load(destination + i) + Vector512.Load(source + i)).Store(destination + i);
            }

            for (; i <= length - Vector128<int>.Count; i += Vector128<int>.Count)
            {
                (Vector128.Load(destination + i) + Vector128.Load(source + i)).Store(destination + i);
            }

            for (; i < length; i++)
            {
                destination[i] += source[i];
            }
        }
    }
}
