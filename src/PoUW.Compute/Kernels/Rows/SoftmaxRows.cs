using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>The first part of softmax and of cross entropy.</summary>
[SkipLocalsInit]
internal static unsafe class SoftmaxRows<TLane, TFloat, TWide>
    where TLane : IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    private const int WidestLane = 16;

    /// <summary>e = e^(x - m) of the columns that take part, +0 beyond; m is the maximum of the row.</summary>
    /// <param name="x">The first row.</param>
    /// <param name="e">Where the first row goes; may be x.</param>
    /// <param name="stride">Floats from row to row of both.</param>
    /// <param name="rows">1 to the width of the lane.</param>
    /// <param name="lengths">Columns of each row that take part, at least 1.</param>
    /// <param name="maxima">Takes m, a number a row.</param>
    /// <returns>The chain of the sum of each row.</returns>
    public static TFloat Exponentials(float* x, float* e, nint stride, nint rows, nint* lengths, float* maxima)
    {
        unchecked // Inside the rows.
        {
            TLane.Store(RowBlocks<TLane, TFloat, TWide>.Maximum(x, stride, rows, lengths), maxima);
            nint longest = 0;
            for (nint row = 0; row < rows; row++)
            {
                nint length = lengths[row];
                longest = Math.Max(longest, length);
                ExponentialStep step = new(e + (row * stride), x + (row * stride), maxima[row]);
                ElementKernel<ExponentialStep>.Range<TLane, TFloat, TWide>(step, 0, length);
                new Span<float>(e + (row * stride) + length, (int)(stride - length)).Clear();
            }

            // What is beyond a row's end adds +0, which changes no sum.
            return RowBlocks<TLane, TFloat, TWide>.Chain<RowChains.Sum>(e, stride, rows, longest);
        }
    }

    /// <summary>Divides each row by its sum and multiplies it by the scale, if there is one.</summary>
    public static void Divide(float* d, nint stride, nint rows, nint* lengths, TFloat sum, float? scale)
    {
        float* sums = stackalloc float[WidestLane];
        TLane.Store(sum, sums);
        unchecked // Inside the rows.
        {
            for (nint row = 0; row < rows; row++)
            {
                DivideStep step = new(d + (row * stride), sums[row], scale.HasValue, scale ?? 1);
                ElementKernel<DivideStep>.Range<TLane, TFloat, TWide>(step, 0, lengths[row]);
            }
        }
    }
}
