using System.Runtime.Intrinsics;
using PoUW.Compute.Kernels.Gemm;

namespace PoUW.Compute.Tests.Gemm;

/// <summary>What the product does not use: several segments of k, as a convolution needs.</summary>
public sealed unsafe class MicroKernelTests
{
    [Test]
    public void SegmentsOfPortable() => CheckAll<Vector128Lane, Vector128<float>>(FloatKernel.Portable);

    [Test]
    public void SegmentsOfAvx2() => CheckAll<Vector256Lane, Vector256<float>>(FloatKernel.Avx2);

    [Test]
    public void SegmentsOfAvx512() => CheckAll<Vector512Lane, Vector512<float>>(FloatKernel.Avx512);

    [Test]
    public void TransposeAndPartsOfVectors([Values] FloatKernel kernel)
    {
        Require(kernel);
        switch (kernel)
        {
            case FloatKernel.Avx512:
                CheckVectors<Vector512Lane, Vector512<float>>();
                break;
            case FloatKernel.Avx2:
                CheckVectors<Vector256Lane, Vector256<float>>();
                break;
            default:
                CheckVectors<Vector128Lane, Vector128<float>>();
                break;
        }
    }

    private static void Require(FloatKernel kernel)
    {
        if (!FloatGemm.IsSupported(kernel))
        {
            Assert.Ignore($"This machine has no {kernel}.");
        }
    }

    private static void CheckAll<TLane, TVector>(FloatKernel kernel)
        where TLane : struct, IFmaLane<TVector>
        where TVector : unmanaged
    {
        Require(kernel);
        MicroKernelTable<TLane, TVector> kernels = new();
        Random random = new(9);
        for (int rows = 1; rows <= TLane.Rows; rows++)
        {
            for (int vectors = 1; vectors <= 2; vectors++)
            {
                Check<TLane, TVector>(kernels, rows, vectors, random);
            }
        }
    }

    private static void Check<TLane, TVector>(MicroKernelTable<TLane, TVector> kernels, int rows, int vectors, Random random)
        where TLane : struct, IFmaLane<TVector>
        where TVector : unmanaged
    {
        (int length, int rowStride, int stepB) = (random.Next(1, 9), random.Next(1, 40), (2 * TLane.Width) + random.Next(5));
        nint[] offsets = [random.Next(50), random.Next(50), random.Next(50)];
        int columns = vectors * TLane.Width;
        float[] a = Values(random, 60 + (rows * rowStride));
        float[] b = Values(random, offsets.Length * length * stepB);
        float[] c = new float[rows * columns];
        bool start = random.Next(2) == 0;
        float[] old = start ? Values(random, rows * columns) : new float[rows * columns];
        fixed (float* pa = a, pb = b, pc = c, po = old)
        fixed (nint* po0 = offsets)
        {
            MicroCall call = new() { Offsets = po0, Segments = offsets.Length, Length = length, Last = true };
            call.PlaceA(pa, rowStride, 1);
            call.PlaceB(pb, stepB);
            call.PlaceC(pc, columns);
            call.PlaceStart(start ? po : null, columns);
            kernels[rows, vectors](&call);
        }

        for (int i = 0; i < c.Length; i++)
        {
            float sum = old[i];
            for (int k = 0; k < offsets.Length * length; k++)
            {
                long left = offsets[k / length] + (k % length) + (i / columns * rowStride);
                sum = MathF.FusedMultiplyAdd(a[left], b[(k * stepB) + (i % columns)], sum);
            }

            Assert.That(BitConverter.SingleToUInt32Bits(c[i]), Is.EqualTo(BitConverter.SingleToUInt32Bits(sum)), $"{rows} x {vectors} at {i}");
        }
    }

    private static void CheckVectors<TLane, TVector>()
        where TLane : struct, IFmaLane<TVector>
        where TVector : unmanaged
    {
        int width = TLane.Width;
        float[] source = Values(new Random(3), width * (width + 3));
        float[] target = new float[width * (width + 1)];
        fixed (float* from = source, to = target)
        {
            TLane.Transpose(from, width + 3, to, width + 1);
            for (int i = 0; i < width * width; i++)
            {
                Assert.That(target[(i % width * (width + 1)) + (i / width)], Is.EqualTo(source[(i / width * (width + 3)) + (i % width)]));
            }

            for (int count = 0; count <= width; count++)
            {
                target.AsSpan().Fill(-1);
                TLane.Store(TLane.LoadFirst(from, count), to);
                Assert.That(target[..width], Is.EqualTo(source[..count].Concat(new float[width - count])));
                target.AsSpan().Fill(-1);
                TLane.StoreFirst(TLane.Load(from), to, count);
                Assert.That(target[..width], Is.EqualTo(source[..count].Concat(Enumerable.Repeat(-1f, width - count))));
            }
        }
    }

    private static float[] Values(Random random, int count)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }

        return values;
    }
}
