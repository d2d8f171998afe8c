using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Operations.Convolution;

/// <summary>
/// Convolution and pooling written once more, in doubles and the other way round: every window scatters to what it touches, on images of
/// four dimensions that are padded beforehand. On small integers all sums are exact.
/// </summary>
internal sealed class NaiveImages(ConvolutionGeometry geometry, int channels, int outputs)
{
    private readonly PoolingGeometry _g = geometry.Windows;

    /// <summary>Calls back for every product of the convolution with the indices of x (-1 in the padding), w and y.</summary>
    public void ForEachProduct(Action<int, int, int> visit)
    {
        (int groupChannels, int groupOutputs) = (channels / geometry.Groups, outputs / geometry.Groups);
        ForEachTap((pixel, ky, kx, window) =>
        {
            for (int o = 0; o < outputs; o++)
            {
                for (int c = 0; c < groupChannels; c++)
                {
                    int channel = (o / groupOutputs * groupChannels) + c;
                    int weight = (((((ky * _g.KernelWidth) + kx) * groupChannels) + c) * outputs) + o;
                    visit(pixel < 0 ? -1 : (pixel * channels) + channel, weight, (window * outputs) + o);
                }
            }
        });
    }

    /// <summary>Calls back for every tap of every window with the row of x (-1 in the padding), ky, kx and the row of y.</summary>
    public void ForEachTap(Action<int, int, int, int> visit)
    {
        int window = 0;
        for (int image = 0; image < _g.Batch; image++)
        {
            for (int top = -_g.PadHeight; top + _g.KernelHeight <= _g.Height + _g.PadHeight; top += _g.StrideHeight)
            {
                for (int left = -_g.PadWidth; left + _g.KernelWidth <= _g.Width + _g.PadWidth; left += _g.StrideWidth, window++)
                {
                    for (int y = top; y < top + _g.KernelHeight; y++)
                    {
                        for (int x = left; x < left + _g.KernelWidth; x++)
                        {
                            bool inside = y >= 0 && x >= 0 && y < _g.Height && x < _g.Width;
                            visit(inside ? (((image * _g.Height) + y) * _g.Width) + x : -1, y - top, x - left, window);
                        }
                    }
                }
            }
        }

        Assert.That(window, Is.EqualTo(_g.OutputRows));
    }

    /// <summary>Numbers of any type as doubles.</summary>
    public static double[] Values(Tensor tensor) => tensor.Type switch
    {
        TensorType.Float32 => [.. tensor.Float32.ToArray().Select(static value => (double)value)],
        TensorType.Int8 => [.. tensor.Int8.ToArray().Select(static value => (double)value)],
        _ => [.. tensor.Int32.ToArray().Select(static value => (double)value)],
    };

    /// <summary>A tensor of small integers.</summary>
    public static Tensor Draw(Random random, TensorType type, long rows, int columns)
    {
        Tensor tensor = new(type, (int)rows, columns);
        for (int i = 0; i < tensor.Length; i++)
        {
            int value = random.Next(-9, 10);
            switch (type)
            {
                case TensorType.Float32:
                    tensor.Float32[i] = value;
                    break;
                case TensorType.Int8:
                    tensor.Int8[i] = (sbyte)value;
                    break;
                default:
                    tensor.Int32[i] = value;
                    break;
            }
        }

        return tensor;
    }
}
