namespace PoUW.Vm.Operations.Convolution;

/// <summary>Definitions of the int8 convolutions: exact sums, so the order does not matter and taps in the padding take no part.</summary>
internal static class IntegerConvolution
{
    /// <summary>y, x, w.</summary>
    public static long Forward(in TensorCall call)
    {
        ConvolutionGeometry g = ConvolutionGeometry.Decode(call.Immediates);
        Span<int> y = call[0].Int32;
        ReadOnlySpan<sbyte> x = call[1].Int8;
        ReadOnlySpan<sbyte> w = call[2].Int8;
        (int channels, int outputs) = (call[1].Columns, call[0].Columns);
        (int groupChannels, int groupOutputs) = (channels / g.Groups, outputs / g.Groups);
        for (int i = 0; i < y.Length; i++)
        {
            (int image, int oy, int ox) = g.Windows.OutputPosition(i / outputs);
            int output = i % outputs;
            int first = output / groupOutputs * groupChannels;
            int sum = 0;
            for (int k = 0; k < call[2].Rows; k++)
            {
                int tap = k / groupChannels;
                int source = g.Windows.InputRow(image, oy, ox, tap / g.Windows.KernelWidth, tap % g.Windows.KernelWidth);
                sum += source < 0 ? 0 : x[(source * channels) + first + (k % groupChannels)] * w[(k * outputs) + output];
            }

            y[i] = sum;
        }

        return 0;
    }

    /// <summary>dx, dy, w.</summary>
    public static long InputGradient(in TensorCall call)
    {
        ConvolutionGeometry g = ConvolutionGeometry.Decode(call.Immediates);
        Span<int> dx = call[0].Int32;
        ReadOnlySpan<sbyte> dy = call[1].Int8;
        ReadOnlySpan<sbyte> w = call[2].Int8;
        (int channels, int outputs) = (call[0].Columns, call[1].Columns);
        (int groupChannels, int groupOutputs) = (channels / g.Groups, outputs / g.Groups);
        for (int i = 0; i < dx.Length; i++)
        {
            (int image, int iy, int ix) = g.Windows.InputPosition(i / channels);
            int channel = i % channels;
            int first = channel / groupChannels * groupOutputs;
            int sum = 0;
            for (int tap = 0; tap < g.Windows.Taps; tap++)
            {
                int source = g.Windows.OutputRow(image, iy, ix, tap / g.Windows.KernelWidth, tap % g.Windows.KernelWidth);
                int row = (tap * groupChannels) + (channel % groupChannels);
                for (int o = first; o < first + groupOutputs && source >= 0; o++)
                {
                    sum += dy[(source * outputs) + o] * w[(row * outputs) + o];
                }
            }

            dx[i] = sum;
        }

        return 0;
    }

    /// <summary>dw, dy, x.</summary>
    public static long WeightGradient(in TensorCall call)
    {
        ConvolutionGeometry g = ConvolutionGeometry.Decode(call.Immediates);
        Span<int> dw = call[0].Int32;
        ReadOnlySpan<sbyte> dy = call[1].Int8;
        ReadOnlySpan<sbyte> x = call[2].Int8;
        (int channels, int outputs) = (call[2].Columns, call[1].Columns);
        (int groupChannels, int groupOutputs) = (channels / g.Groups, outputs / g.Groups);
        for (int i = 0; i < dw.Length; i++)
        {
            (int row, int output) = (i / outputs, i % outputs);
            int tap = row / groupChannels;
            int channel = (output / groupOutputs * groupChannels) + (row % groupChannels);
            int sum = 0;
            for (int k = 0; k < call[1].Rows; k++)
            {
                (int image, int oy, int ox) = g.Windows.OutputPosition(k);
                int source = g.Windows.InputRow(image, oy, ox, tap / g.Windows.KernelWidth, tap % g.Windows.KernelWidth);
                sum += source < 0 ? 0 : x[(source * channels) + channel] * dy[(k * outputs) + output];
            }

            dw[i] = sum;
        }

        return 0;
    }

    /// <summary>d, x: row (image, oy, ox) of d holds the taps of a window in the order (ky, kx, c), 0 in the padding.</summary>
    public static long ImageToColumns(in TensorCall call)
    {
        PoolingGeometry g = PoolingGeometry.Decode(call.Immediates);
        Span<sbyte> d = call[0].Int8;
        ReadOnlySpan<sbyte> x = call[1].Int8;
        (int length, int channels) = (call[0].Columns, call[1].Columns);
        for (int i = 0; i < d.Length; i++)
        {
            (int image, int oy, int ox) = g.OutputPosition(i / length);
            int tap = i % length / channels;
            int source = g.InputRow(image, oy, ox, tap / g.KernelWidth, tap % g.KernelWidth);
            d[i] = source < 0 ? (sbyte)0 : x[(source * channels) + (i % channels)];
        }

        return 0;
    }

    /// <summary>d, s: every pixel gets the sum, modulo 2^32, of the taps of s that lie on it.</summary>
    public static long ColumnsToImage(in TensorCall call)
    {
        PoolingGeometry g = PoolingGeometry.Decode(call.Immediates);
        Span<int> d = call[0].Int32;
        ReadOnlySpan<int> s = call[1].Int32;
        (int channels, int length) = (call[0].Columns, call[1].Columns);
        for (int i = 0; i < d.Length; i++)
        {
            (int image, int iy, int ix) = g.InputPosition(i / channels);
            int sum = 0;
            for (int tap = 0; tap < g.Taps; tap++)
            {
                int source = g.OutputRow(image, iy, ix, tap / g.KernelWidth, tap % g.KernelWidth);
                sum = source < 0 ? sum : unchecked(sum + s[(source * length) + (tap * channels) + (i % channels)]);
            }

            d[i] = sum;
        }

        return 0;
    }
}
