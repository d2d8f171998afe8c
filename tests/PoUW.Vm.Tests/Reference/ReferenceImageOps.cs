using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Reference.ReferenceOperation;

namespace PoUW.Vm.Tests.Reference;

/// <summary>
/// Convolutions and poolings. All but the input gradient of fp32 walk over the taps of the windows and give each to whom it belongs, where
/// the order within every element is that of the definition.
/// </summary>
internal static class ReferenceImageOps
{
    public static IReadOnlyList<ReferenceOperation> All { get; } =
    [
        Of(128, "conv2d_f32", 3, 10, 0, c => Forward(c)),
        Of(129, "conv2d_input_gradient_f32", 3, 10, 0, InputGradient),
        Of(130, "conv2d_weight_gradient_f32", 3, 10, 0, c => WeightGradient(c)),
        Of(131, "conv2d_int8", 3, 10, 0, c => Forward(c)),
        Of(132, "conv2d_input_gradient_int8", 3, 10, 0, IntegerInputGradient),
        Of(133, "conv2d_weight_gradient_int8", 3, 10, 0, c => WeightGradient(c)),
        Of(134, "im2col_int8", 2, 9, 0, ImageToColumns),
        Of(135, "col2im_int32", 2, 9, 0, ColumnsToImage),
        Of(137, "max_pool_f32", 3, 9, 0, c => MaxPool(c, (now, best) => float.IsNaN(F(now)) ? !float.IsNaN(F(best)) : F(now) > F(best))),
        Of(138, "max_pool_gradient_f32", 3, 9, 0, MaxPoolGradient),
        Of(139, "avg_pool_f32", 2, 9, 0, AveragePool),
        Of(140, "avg_pool_gradient_f32", 2, 9, 0, AveragePoolGradient),
        Of(141, "max_pool_int8", 3, 9, 0, c => MaxPool(c, (now, best) => now > best)),
        Of(142, "max_pool_gradient_int8", 3, 9, 0, MaxPoolGradient),
        Of(143, "sum_pool_int8", 2, 9, 0, c => Spread(c, tap => (tap.Output, tap.Pixel))),
        Of(144, "sum_pool_gradient_int8", 2, 9, 0, c => Spread(c, tap => (tap.Pixel, tap.Output))),
    ];

    private static float F(long bits) => BitConverter.Int32BitsToSingle((int)bits);

    private static void Clear(ReferenceTensor tensor)
    {
        for (int i = 0; i < tensor.Count; i++)
        {
            tensor[i] = 0;
        }
    }

    /// <summary>acc = fma(a, b, acc) in fp32 or modulo 2^32; a NaN may become canonical on the way, it stays a NaN.</summary>
    private static void Accumulate(ReferenceTensor target, int at, ReferenceTensor a, int i, ReferenceTensor b, int j)
    {
        if (target.Type == TensorType.Float32)
        {
            target.SetF(at, MathF.FusedMultiplyAdd(i < 0 ? 0 : a.F(i), b.F(j), target.F(at)));
        }
        else if (i >= 0)
        {
            target.Wrap(at, target[at] + (a[i] * b[j]));
        }
    }

    /// <summary>For every tap, channel of its group and output channel: places in image (or -1), weights and outputs.</summary>
    private static void Products(ReferenceCall c, int channels, int outputs, Action<int, int, int> use)
    {
        int groups = c.Immediates[9];
        (int depth, int width) = (channels / groups, outputs / groups);
        foreach (ReferenceTap tap in new ReferenceWindows(c.Immediates).All())
        {
            for (int k = 0; k < depth * outputs; k++)
            {
                (int inner, int output) = (k / outputs, k % outputs);
                int channel = (output / width * depth) + inner;
                int pixel = tap.Pixel < 0 ? -1 : (tap.Pixel * channels) + channel;
                use(pixel, (((tap.Tap * depth) + inner) * outputs) + output, (tap.Output * outputs) + output);
            }
        }
    }

    private static void Forward(ReferenceCall c)
    {
        Clear(c[0]);
        Products(c, c[1].Columns, c[0].Columns, (pixel, weight, output) => Accumulate(c[0], output, c[1], pixel, c[2], weight));
    }

    private static void WeightGradient(ReferenceCall c)
    {
        Clear(c[0]);
        Products(c, c[2].Columns, c[1].Columns, (pixel, weight, output) => Accumulate(c[0], weight, c[2], pixel, c[1], output));
    }

    private static void IntegerInputGradient(ReferenceCall c)
    {
        Clear(c[0]);
        Products(c, c[0].Columns, c[1].Columns, (pixel, weight, output) =>
        {
            if (pixel >= 0)
            {
                Accumulate(c[0], pixel, c[1], output, c[2], weight);
            }
        });
    }

    private static void InputGradient(ReferenceCall c)
    {
        Clear(c[0]);
        ReferenceWindows windows = new(c.Immediates);
        (int channels, int outputs, int groups) = (c[0].Columns, c[1].Columns, c.Immediates[9]);
        (int depth, int width) = (channels / groups, outputs / groups);
        for (int at = 0; at < c[0].Count; at++)
        {
            (int pixel, int channel) = (at / channels, at % channels);
            foreach (ReferenceTap tap in windows.On(pixel))
            {
                for (int o = channel / depth * width; o < ((channel / depth) + 1) * width; o++)
                {
                    int source = tap.Output < 0 ? -1 : (tap.Output * outputs) + o;
                    Accumulate(c[0], at, c[1], source, c[2], (((tap.Tap * depth) + (channel % depth)) * outputs) + o);
                }
            }
        }
    }

    private static void ImageToColumns(ReferenceCall c)
    {
        int channels = c[1].Columns;
        foreach (ReferenceTap tap in new ReferenceWindows(c.Immediates).All())
        {
            for (int channel = 0; channel < channels; channel++)
            {
                c[0][tap.Output, (tap.Tap * channels) + channel] = tap.Pixel < 0 ? 0 : c[1][tap.Pixel, channel];
            }
        }
    }

    private static void ColumnsToImage(ReferenceCall c)
    {
        int channels = c[0].Columns;
        Clear(c[0]);
        foreach (ReferenceTap tap in new ReferenceWindows(c.Immediates).All().Where(tap => tap.Pixel >= 0))
        {
            for (int channel = 0; channel < channels; channel++)
            {
                int at = (tap.Pixel * channels) + channel;
                c[0].Wrap(at, c[0][at] + c[1][tap.Output, (tap.Tap * channels) + channel]);
            }
        }
    }

    private static void MaxPool(ReferenceCall c, Func<long, long, bool> wins)
    {
        int channels = c[2].Columns;
        HashSet<int> begun = [];
        foreach (ReferenceTap tap in new ReferenceWindows(c.Immediates).All().Where(tap => tap.Pixel >= 0))
        {
            for (int channel = 0; channel < channels; channel++)
            {
                int at = (tap.Output * channels) + channel;
                long value = c[2][tap.Pixel, channel];
                if (begun.Add(at) || wins(value, c[0][at]))
                {
                    (c[0][at], c[1][at]) = (value, tap.Pixel);
                }
            }
        }

        for (int i = 0; i < c[0].Count && c[0].Type == TensorType.Float32; i++)
        {
            c[0].SetF(i, c[0].F(i));
        }
    }

    private static void MaxPoolGradient(ReferenceCall c)
    {
        c.DemandBelow(2, c[0].Rows);
        Clear(c[0]);
        for (int i = 0; i < c[1].Count; i++)
        {
            int at = ((int)c[2][i] * c[0].Columns) + (i % c[0].Columns);
            if (c[0].Type == TensorType.Float32)
            {
                c[0].SetF(at, c[0].F(at) + c[1].F(i));
            }
            else
            {
                c[0].Wrap(at, c[0][at] + c[1][i]);
            }
        }
    }

    private static void AveragePool(ReferenceCall c)
    {
        Clear(c[0]);
        ReferenceWindows windows = new(c.Immediates);
        Sums(c, windows, tap => (tap.Output, tap.Pixel), x => x);
        for (int i = 0; i < c[0].Count; i++)
        {
            c[0].SetF(i, c[0].F(i) / windows.Taps);
        }
    }

    private static void AveragePoolGradient(ReferenceCall c)
    {
        Clear(c[0]);
        ReferenceWindows windows = new(c.Immediates);
        Sums(c, windows, tap => (tap.Pixel, tap.Output), dy => dy / windows.Taps);
    }

    private static void Sums(ReferenceCall c, ReferenceWindows windows, Func<ReferenceTap, (int To, int From)> rows, Func<float, float> value)
    {
        foreach ((int to, int from) in windows.All().Where(tap => tap.Pixel >= 0).Select(rows))
        {
            for (int channel = 0; channel < c[0].Columns; channel++)
            {
                c[0].SetF(to, channel, c[0].F(to, channel) + value(c[1].F(from, channel)));
            }
        }
    }

    private static void Spread(ReferenceCall c, Func<ReferenceTap, (int To, int From)> rows)
    {
        Clear(c[0]);
        foreach ((int to, int from) in new ReferenceWindows(c.Immediates).All().Where(tap => tap.Pixel >= 0).Select(rows))
        {
            for (int channel = 0; channel < c[0].Columns; channel++)
            {
                c[0][to, channel] += c[1][from, channel];
            }
        }
    }
}
