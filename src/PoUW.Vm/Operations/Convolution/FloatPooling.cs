using PoUW.Vm.Arithmetic;

namespace PoUW.Vm.Operations.Convolution;

/// <summary>Definitions of the fp32 poolings. Every stored NaN is the canonical one.</summary>
internal static class FloatPooling
{
    /// <summary>y, index, x: the winner of each window and its row in x. A later tap wins if it is greater, or NaN against a number.</summary>
    public static long Max(in TensorCall call)
    {
        PoolingGeometry g = PoolingGeometry.Decode(call.Immediates);
        Span<float> y = call[0].Float32;
        Span<int> index = call[1].Int32;
        ReadOnlySpan<float> x = call[2].Float32;
        int channels = call[2].Columns;
        for (int i = 0; i < y.Length; i++)
        {
            (int image, int oy, int ox) = g.OutputPosition(i / channels);
            int winner = -1;
            float best = 0;
            for (int tap = 0; tap < g.Taps; tap++)
            {
                int source = g.InputRow(image, oy, ox, tap / g.KernelWidth, tap % g.KernelWidth);
                if (source < 0)
                {
                    continue;
                }

                float value = x[(source * channels) + (i % channels)];
                if (winner < 0 || value > best || (float.IsNaN(value) && !float.IsNaN(best)))
                {
                    (winner, best) = (source, value);
                }
            }

            (y[i], index[i]) = (Fp32.Canonical(best), winner);
        }

        return 0;
    }

    /// <summary>dx, dy, index: from +0, dy of the output rows in increasing order is added to the pixel that won.</summary>
    public static long MaxGradient(in TensorCall call)
    {
        Span<float> dx = call[0].Float32;
        ReadOnlySpan<float> dy = call[1].Float32;
        ReadOnlySpan<int> index = call[2].Int32;
        int channels = call[0].Columns;
        dx.Clear();
        for (int i = 0; i < dy.Length; i++)
        {
            ref float target = ref dx[(index[i] * channels) + (i % channels)];
            target = Fp32.Canonical(target + dy[i]);
        }

        return 0;
    }

    /// <summary>y, x: the sum from +0 of the taps on pixels in the order (ky, kx), divided by the number of taps of a window.</summary>
    public static long Average(in TensorCall call)
    {
        PoolingGeometry g = PoolingGeometry.Decode(call.Immediates);
        Span<float> y = call[0].Float32;
        ReadOnlySpan<float> x = call[1].Float32;
        int channels = call[1].Columns;
        for (int i = 0; i < y.Length; i++)
        {
            (int image, int oy, int ox) = g.OutputPosition(i / channels);
            float sum = 0;
            for (int tap = 0; tap < g.Taps; tap++)
            {
                int source = g.InputRow(image, oy, ox, tap / g.KernelWidth, tap % g.KernelWidth);
                sum = source < 0 ? sum : sum + x[(source * channels) + (i % channels)];
            }

            y[i] = Fp32.Canonical(sum / g.Taps);
        }

        return 0;
    }

    /// <summary>dx, dy: the sum from +0, over the windows on the pixel in increasing order of their rows, of dy / taps.</summary>
    public static long AverageGradient(in TensorCall call)
    {
        PoolingGeometry g = PoolingGeometry.Decode(call.Immediates);
        Span<float> dx = call[0].Float32;
        ReadOnlySpan<float> dy = call[1].Float32;
        int channels = call[0].Columns;
        for (int i = 0; i < dx.Length; i++)
        {
            (int image, int iy, int ix) = g.InputPosition(i / channels);
            float sum = 0;

            // The last tap of the kernel belongs to the first window on the pixel.
            for (int tap = g.Taps - 1; tap >= 0; tap--)
            {
                int source = g.OutputRow(image, iy, ix, tap / g.KernelWidth, tap % g.KernelWidth);
                sum = source < 0 ? sum : sum + (dy[(source * channels) + (i % channels)] / g.Taps);
            }

            dx[i] = Fp32.Canonical(sum);
        }

        return 0;
    }
}
