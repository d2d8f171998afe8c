using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PoUW.Compute.TileWork;

/// <summary>
/// A digest of bytes at the speed of memory, for telling operands apart. Not collision-resistant: whoever finds an operand by it must
/// compare the bytes.
/// </summary>
internal static class ContentDigest
{
    private const int Rotation = 29;
    private const ulong Multiplier = 0x9e3779b97f4a7c15;

    /// <summary>Digests all bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong Of(ReadOnlySpan<sbyte> data)
    {
        ReadOnlySpan<Vector256<ulong>> vectors = MemoryMarshal.Cast<sbyte, Vector256<ulong>>(data);
        Vector256<ulong> a = default, b = default, c = default, d = default;
        int i = 0;
        unchecked // A hash is modulo 2^64.
        {
            for (; i + 4 <= vectors.Length; i += 4)
            {
                a = Rotate(a) + vectors[i];
                b = Rotate(b) + vectors[i + 1];
                c = Rotate(c) + vectors[i + 2];
                d = Rotate(d) + vectors[i + 3];
            }

            for (; i < vectors.Length; i++)
            {
                a = Rotate(a) + vectors[i];
            }

            ulong digest = (ulong)data.Length;
            foreach (Vector256<ulong> sum in (ReadOnlySpan<Vector256<ulong>>)[a, b, c, d])
            {
                for (int lane = 0; lane < Vector256<ulong>.Count; lane++)
                {
                    digest = (digest ^ sum[lane]) * Multiplier;
                    digest ^= digest >> 32;
                }
            }

            foreach (sbyte rest in data[(vectors.Length * Vector256<byte>.Count)..])
            {
                digest = (digest ^ (byte)rest) * Multiplier;
            }

            return digest;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Rotate(Vector256<ulong> x) => (x << Rotation) | (x >>> (64 - Rotation));
}
