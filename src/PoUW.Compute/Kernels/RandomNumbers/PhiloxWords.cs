using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Kernels.RandomNumbers;

/// <summary>Many blocks of <see cref="Philox4x32"/> one after the other: eight at a time with AVX-512, four with AVX2.</summary>
internal static unsafe class PhiloxWords
{
    private const int Words = 4;
    private const int Group = 4;
    private const int Rounds = 10;
    private const int DroppedBits = 8;
    private const ulong Multiplier0 = 0xD2511F53;
    private const ulong Multiplier1 = 0xCD9E8D57;
    private const ulong Weyl0 = 0x9E3779B9;
    private const ulong Weyl1 = 0xBB67AE85;

    /// <summary>Writes the upper 24 bits of each word.</summary>
    /// <param name="key">Key of the generator.</param>
    /// <param name="stream">Stream of the generator.</param>
    /// <param name="first">Number of the first block.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="bits">Four integers a block.</param>
    public static void Fill(ulong key, ulong stream, long first, int blocks, int* bits)
    {
        unchecked // Words are defined modulo 2^32; the pointer stays inside the memory of the caller.
        {
            int block = 0;
            if (Avx512F.IsSupported)
            {
                for (; block <= blocks - (2 * Group); block += 2 * Group)
                {
                    Eight(key, stream, (ulong)(first + block), bits + (block * Words));
                }
            }

            if (Avx2.IsSupported)
            {
                for (; block <= blocks - Group; block += Group)
                {
                    Four(key, stream, (ulong)(first + block), bits + (block * Words));
                }
            }

            for (; block < blocks; block++)
            {
                (uint x0, uint x1, uint x2, uint x3) = Philox4x32.Block(key, stream, (ulong)(first + block));
                bits[block * Words] = (int)(x0 >> DroppedBits);
                bits[(block * Words) + 1] = (int)(x1 >> DroppedBits);
                bits[(block * Words) + 2] = (int)(x2 >> DroppedBits);
                bits[(block * Words) + 3] = (int)(x3 >> DroppedBits);
            }
        }
    }

    /// <summary>Words are the lower halves of 64-bit elements; what stands in the upper halves never reaches a lower one.</summary>
    private static void Eight(ulong key, ulong stream, ulong index, int* bits)
    {
        unchecked // Modulo 2^64.
        {
            Vector512<ulong> x0 = Vector512.Create(index) + Vector512<ulong>.Indices;
            Vector512<ulong> x1 = x0 >>> 32;
            Vector512<ulong> x2 = Vector512.Create(stream);
            Vector512<ulong> x3 = Vector512.Create(stream >> 32);
            Vector512<uint> m0 = Vector512.Create(Multiplier0).AsUInt32();
            Vector512<uint> m1 = Vector512.Create(Multiplier1).AsUInt32();
            (ulong k0, ulong k1) = (key, key >> 32);
            for (int round = 0; round < Rounds; round++)
            {
                Vector512<ulong> p0 = Avx512F.Multiply(x0.AsUInt32(), m0);
                Vector512<ulong> p1 = Avx512F.Multiply(x2.AsUInt32(), m1);
                x0 = (p1 >>> 32) ^ x1 ^ Vector512.Create(k0);
                x1 = p1;
                x2 = (p0 >>> 32) ^ x3 ^ Vector512.Create(k1);
                x3 = p0;
                k0 += Weyl0;
                k1 += Weyl1;
            }

            Vector512<ulong> lower = Vector512.Create((ulong)uint.MaxValue);
            Vector512<ulong> even = (((x0 & lower) | (x1 << 32)).AsUInt32() >>> DroppedBits).AsUInt64();
            Vector512<ulong> odd = (((x2 & lower) | (x3 << 32)).AsUInt32() >>> DroppedBits).AsUInt64();
            Vector512<ulong> blocks0 = Avx512F.UnpackLow(even, odd);
            Vector512<ulong> blocks1 = Avx512F.UnpackHigh(even, odd);
            Interleave(blocks0.GetLower(), blocks1.GetLower(), bits);
            Interleave(blocks0.GetUpper(), blocks1.GetUpper(), bits + (Group * Words));
        }
    }

    /// <summary>The same in half the width.</summary>
    private static void Four(ulong key, ulong stream, ulong index, int* bits)
    {
        unchecked // Modulo 2^64.
        {
            Vector256<ulong> x0 = Vector256.Create(index) + Vector256<ulong>.Indices;
            Vector256<ulong> x1 = x0 >>> 32;
            Vector256<ulong> x2 = Vector256.Create(stream);
            Vector256<ulong> x3 = Vector256.Create(stream >> 32);
            Vector256<uint> m0 = Vector256.Create(Multiplier0).AsUInt32();
            Vector256<uint> m1 = Vector256.Create(Multiplier1).AsUInt32();
            (ulong k0, ulong k1) = (key, key >> 32);
            for (int round = 0; round < Rounds; round++)
            {
                Vector256<ulong> p0 = Avx2.Multiply(x0.AsUInt32(), m0);
                Vector256<ulong> p1 = Avx2.Multiply(x2.AsUInt32(), m1);
                x0 = (p1 >>> 32) ^ x1 ^ Vector256.Create(k0);
                x1 = p1;
                x2 = (p0 >>> 32) ^ x3 ^ Vector256.Create(k1);
                x3 = p0;
                k0 += Weyl0;
                k1 += Weyl1;
            }

            Vector256<ulong> lower = Vector256.Create((ulong)uint.MaxValue);
            Vector256<uint> even = ((x0 & lower) | (x1 << 32)).AsUInt32() >>> DroppedBits;
            Vector256<uint> odd = ((x2 & lower) | (x3 << 32)).AsUInt32() >>> DroppedBits;
            Vector256<ulong> blocks02 = Avx2.UnpackLow(even.AsUInt64(), odd.AsUInt64());
            Vector256<ulong> blocks13 = Avx2.UnpackHigh(even.AsUInt64(), odd.AsUInt64());
            Interleave(blocks02, blocks13, bits);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(Vector256<ulong> blocks02, Vector256<ulong> blocks13, int* bits)
    {
        unchecked // Inside the memory of the caller.
        {
            blocks02.GetLower().AsInt32().Store(bits);
            blocks13.GetLower().AsInt32().Store(bits + Words);
            blocks02.GetUpper().AsInt32().Store(bits + (2 * Words));
            blocks13.GetUpper().AsInt32().Store(bits + (3 * Words));
        }
    }
}
