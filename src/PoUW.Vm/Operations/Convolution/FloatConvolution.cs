using PoUW.Vm.Arithmetic;

namespace PoUW.Vm.Operations.Convolution;

/// <summary>Definitions of the fp32 convolutions. Every element is one chain of fused multiply-adds from +0; NaNs become canonical.</summary>
internal static class FloatConvolution
{
    /// <summary>y, x, w: the chain runs over (ky, kx, c) increasing; a tap in the padding has the value +0 and takes part.</summary>
    public static long Forward(in TensorCall call)
    {
        ConvolutionGeometry g = ConvolutionGeometry.Decode(call.Immediates);
        Span<float> y = call[0].Float32;
        ReadOnlySpan<float> x = call[1].Float32;
        ReadOnlySpan<float> w = call[2].Float32;
        (int channels, int outputs) = (call[1].Columns, call[0].Columns);
        (int groupChannels, int groupOutputs) = (channels / g.Groups, outputs / g.Groups);
        for (int i = 0; i < y.Length; i++)
        {
            (int image, int oy, int ox) = g.Windows.OutputPosition(i / outputs);
            int output = i % outputs;
            int first = output / groupOutputs * groupChannels;
            float sum = 0;
            for (int k = 0; k < call[2].Rows; k++)
            {
                int tap = k / groupChannels;
                int source = g.Windows.InputRow(image, oy, ox, tap / g.Windows.KernelWidth, tap % g.Windows.KernelWidth);
                float value = source < 0 ? 0 : x[(source * channels) + first + (k % groupChannels)];
                sum = MathF.FusedMultiplyAdd(value, w[(k * outputs) + output], sum);
            }

            y[i] = Fp32.Canonical(sum);
        }

        return 0;
    }

    /// <summary>
    /// dx, dy, w: the chain runs over (ky, kx, o) increasing, o over the outputs of the group, of fma(dy, w, sum). A tap takes part if its
    /// window stands on the lattice of the windows; if that window is beyond the edge of the outputs, its dy is +0.
    /// </summary>
    public static long InputGradient(in TensorCall call)
    {
        ConvolutionGeometry g = ConvolutionGeometry.Decode(call.Immediates);
        Span<float> dx = call[0].Float32;
        ReadOnlySpan<float> dy = call[1].Float32;
        ReadOnlySpan<float> w = call[2].Float32;
        (int channels, int outputs) = (call[0].Columns, call[1].Columns);
        (int groupChannels, int groupOutputs) = (channels / g.Groups, outputs / g.Groups);
        for (int i = 0; i < dx.Length; i++)
        {
            (int image, int iy, int ix) = g.Windows.InputPosition(i / channels);
            int channel = i % channels;
            int first = channel / groupChannels * groupOutputs;
            float sum = 0;
            for (int tap = 0; tap < g.Windows.Taps; tap++)
            {
                (int ky, int kx) = (tap / g.Windows.KernelWidth, tap % g.Windows.KernelWidth);
                if (!g.Windows.IsOnLattice(iy, ix, ky, kx))
                {
                    continue;
                }

                int source = g.Windows.OutputRow(image, iy, ix, ky, kx);
                int row = (tap * groupChannels) + (channel % groupChannels);
                for (int o = first; o < first + groupOutputs; o++)
                {
                    float value = source < 0 ? 0 : dy[(source * outputs) + o];
                    sum = MathF.FusedMultiplyAdd(value, w[(row * outputs) + o], sum);
                }
            }

            dx[i] = Fp32.Canonical(sum);
        }

        return 0;
    }

    /// <summary>dw, dy, x: the chain runs over (image, oy, ox) increasing of fma(x, dy, sum), where an x in the padding is +0.</summary>
    public static long WeightGradient(in TensorCall call)
    {
        ConvolutionGeometry g = ConvolutionGeometry.Decode(call.Immediates);
        Span<float> dw = call[0].Float32;
        ReadOnlySpan<float> dy = call[1].Float32;
        ReadOnlySpan<float> x = call[2].Float32;
        (int channels, int outputs) = (call[2].Columns, call[1].Columns);
        (int groupChannels, int groupOutputs) = (channels / g.Groups, outputs / g.Groups);
        for (int i = 0; i < dw.Length; i++)
        {
            (int row, int output) = (i / outputs, i % outputs);
            int tap = row / groupChannels;
            int channel = (output / groupOutputs * groupChannels) + (row % groupChannels);
            float sum = 0;
            for (int k = 0; k < call[1].Rows; k++)
            {
                (int image, int oy, int ox) = g.Windows.OutputPosition(k);
                int source = g.Windows.InputRow(image, oy, ox, tap / g.Windows.KernelWidth, tap % g.Windows.KernelWidth);
                float value = source < 0 ? 0 : x[(source * channels) + channel];
                sum = MathF.FusedMultiplyAdd(value, dy[(k * outputs) + output], sum);
            }

            dw[i] = Fp32.Canonical(sum);
        }

        return 0;
    }
}
