namespace PoUW.Vm.Operations.Convolution;

/// <summary>Definitions of the int8 poolings. Sums are modulo 2^32.</summary>
internal static class IntegerPooling
{
    /// <summary>y, index, x: the winner of each window and its row in x; the first of equals wins.</summary>
    public static long Max(in TensorCall call)
    {
        PoolingGeometry g = PoolingGeometry.Decode(call.Immediates);
        Span<sbyte> y = call[0].Int8;
        Span<int> index = call[1].Int32;
        ReadOnlySpan<sbyte> x = call[2].Int8;
        int channels = call[2].Columns;
        for (int i = 0; i < y.Length; i++)
        {
            (int image, int oy, int ox) = g.OutputPosition(i / channels);
            (int winner, sbyte best) = (-1, 0);
            for (int tap = 0; tap < g.Taps; tap++)
            {
                int source = g.InputRow(image, oy, ox, tap / g.KernelWidth, tap % g.KernelWidth);
                if (source >= 0 && (winner < 0 || x[(source * channels) + (i % channels)] > best))
                {
                    (winner, best) = (source, x[(source * channels) + (i % channels)]);
                }
            }

            (y[i], index[i]) = (best, winner);
        }

        return 0;
    }

    /// <summary>dx, dy, index: every pixel gets the sum of dy where it won.</summary>
    public static long MaxGradient(in TensorCall call)
    {
        Span<int> dx = call[0].Int32;
        ReadOnlySpan<sbyte> dy = call[1].Int8;
        ReadOnlySpan<int> index = call[2].Int32;
        int channels = call[0].Columns;
        dx.Clear();
        for (int i = 0; i < dy.Length; i++)
        {
            ref int target = ref dx[(index[i] * channels) + (i % channels)];
            target = unchecked(target + dy[i]);
        }

        return 0;
    }

    /// <summary>y, x: the sum of the taps on pixels.</summary>
    public static long Sum(in TensorCall call)
    {
        PoolingGeometry g = PoolingGeometry.Decode(call.Immediates);
        Span<int> y = call[0].Int32;
        ReadOnlySpan<sbyte> x = call[1].Int8;
        int channels = call[1].Columns;
        for (int i = 0; i < y.Length; i++)
        {
            (int image, int oy, int ox) = g.OutputPosition(i / channels);
            int sum = 0;
            for (int tap = 0; tap < g.Taps; tap++)
            {
                int source = g.InputRow(image, oy, ox, tap / g.KernelWidth, tap % g.KernelWidth);
                sum += source < 0 ? 0 : x[(source * channels) + (i % channels)];
            }

            y[i] = sum;
        }

        return 0;
    }

    /// <summary>dx, dy: the sum of dy of the windows on the pixel.</summary>
    public static long SumGradient(in TensorCall call)
    {
        PoolingGeometry g = PoolingGeometry.Decode(call.Immediates);
        Span<int> dx = call[0].Int32;
        ReadOnlySpan<sbyte> dy = call[1].Int8;
        int channels = call[0].Columns;
        for (int i = 0; i < dx.Length; i++)
        {
            (int image, int iy, int ix) = g.InputPosition(i / channels);
            int sum = 0;
            for (int tap = 0; tap < g.Taps; tap++)
            {
                int source = g.OutputRow(image, iy, ix, tap / g.KernelWidth, tap % g.KernelWidth);
                sum += source < 0 ? 0 : dy[(source * channels) + (i % channels)];
            }

            dx[i] = sum;
        }

        return 0;
    }
}
