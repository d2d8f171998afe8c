using System.Runtime.Intrinsics;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Kernels.Lanes;
using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>
/// The functions of <see cref="Fp32"/> over spans, with the same bits for every argument and every kernel. The result may be the
/// source itself; spans that overlap otherwise give undefined numbers. Nothing is allocated; thread-safe.
/// The kernel only chooses the vector width, as <see cref="FloatGemm.For"/> does for products; a machine that lacks its instructions
/// uses 128 bits.
/// </summary>
public static unsafe class Fp32Kernels
{
    private const int WidestLane = 16;

    /// <summary>e^x of each element, <see cref="Fp32.Exp"/>.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Exp(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result) =>
        Dispatch<Fp32Functions.Exp>(kernel, source, result);

    /// <summary>ln x of each element, <see cref="Fp32.Log"/>.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Log(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result) =>
        Dispatch<Fp32Functions.Log>(kernel, source, result);

    /// <summary>tanh x of each element, <see cref="Fp32.Tanh"/>.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Tanh(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result) =>
        Dispatch<Fp32Functions.Tanh>(kernel, source, result);

    /// <summary>1 / (1 + e^-x) of each element, <see cref="Fp32.Sigmoid"/>.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Sigmoid(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result) =>
        Dispatch<Fp32Functions.Sigmoid>(kernel, source, result);

    /// <summary>1 / sqrt(x) of each element, <see cref="Fp32.Rsqrt"/>.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Rsqrt(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result) =>
        Dispatch<Fp32Functions.Rsqrt>(kernel, source, result);

    /// <summary>erf x of each element, <see cref="Fp32.Erf"/>.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Erf(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result) =>
        Dispatch<Fp32Functions.Erf>(kernel, source, result);

    /// <summary>x Phi(x) of each element, <see cref="Fp32.Gelu"/>.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Gelu(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result) =>
        Dispatch<Fp32Functions.Gelu>(kernel, source, result);

    /// <summary>Phi(x) + x phi(x) of each element, <see cref="Fp32.GeluGradient"/>.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void GeluGradient(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result) =>
        Dispatch<Fp32Functions.GeluGradient>(kernel, source, result);

    /// <summary>cos(2 pi x) of each element, <see cref="Fp32.CosTwoPi"/>.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void CosTwoPi(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result) =>
        Dispatch<Fp32Functions.CosTwoPi>(kernel, source, result);

    /// <summary>sin(2 pi x) of each element, <see cref="Fp32.SinTwoPi"/>.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void SinTwoPi(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result) =>
        Dispatch<Fp32Functions.SinTwoPi>(kernel, source, result);

    private static void Dispatch<TFunction>(CpuKernel kernel, ReadOnlySpan<float> source, Span<float> result)
        where TFunction : IFp32Function
    {
        if (source.Length != result.Length)
        {
            throw new ArgumentException("The source and the result differ in length.", nameof(result));
        }

        switch (FloatGemm.For(kernel))
        {
            case FloatKernel.Avx512:
                Run<TFunction, Float512Lane, Vector512<float>, Vector512<double>>(source, result);
                break;
            case FloatKernel.Avx2:
                Run<TFunction, Float256Lane, Vector256<float>, Vector256<double>>(source, result);
                break;
            default:
                Run<TFunction, Float128Lane, Vector128<float>, Vector128<double>>(source, result);
                break;
        }
    }

    private static void Run<TFunction, TLane, TFloat, TWide>(ReadOnlySpan<float> source, Span<float> result)
        where TFunction : IFp32Function
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        int whole = source.Length - (source.Length % TLane.Width);
        fixed (float* from = source, to = result)
        {
            Blocks<TFunction, TLane, TFloat, TWide>(from, to, whole);
        }

        // The rest goes through the same code in a full vector.
        int rest = source.Length - whole;
        if (rest > 0)
        {
            float* block = stackalloc float[WidestLane];
            Span<float> window = new(block, WidestLane);
            window.Clear();
            source[whole..].CopyTo(window);
            Blocks<TFunction, TLane, TFloat, TWide>(block, block, TLane.Width);
            window[..rest].CopyTo(result[whole..]);
        }
    }

    private static void Blocks<TFunction, TLane, TFloat, TWide>(float* source, float* result, int count)
        where TFunction : IFp32Function
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        // The pointers stay inside the spans.
        unchecked
        {
            for (nint i = 0; i < count; i += TLane.Width)
            {
                TFloat x = TLane.Load(source + i);
                (TWide lower, TWide upper) = TLane.Widen(x);
                lower = TFunction.Apply<TLane, TFloat, TWide>(lower);
                upper = TFunction.Apply<TLane, TFloat, TWide>(upper);
                TFloat y = TLane.Narrow(lower, upper);

                // A NaN argument gives itself, hence a NaN.
                TLane.Store(TLane.Canonical(TLane.Select(TLane.Equal(x, x), y, x)), result + i);
            }
        }
    }
}
