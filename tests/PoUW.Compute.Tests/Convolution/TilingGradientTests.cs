using PoUW.Compute.Backends;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Convolution;

/// <summary>The gradient of max pooling whose windows tile the images, which has a kernel of its own.</summary>
public sealed class TilingGradientTests
{
    private static readonly int[] Channels = [1, 5, 6, 15, 16, 17, 32, 40];

    [Test]
    public void Equals_the_definition(
        [ValueSource(nameof(Channels))] int channels, [Values("1x1", "2x2", "3x2")] string window, [Values(1, 3)] int threads)
    {
        PoolingGeometry windows = Geometry(window);
        Random random = new(channels);
        (Tensor x, Tensor gradient) = (Numbers(random, (int)windows.InputRows, channels), Numbers(random, (int)windows.OutputRows, channels));
        Compare(windows, gradient, Winners(windows, x), threads);
    }

    [Test]
    public void An_index_outside_its_window_counts_where_it_points_to([Values(3, 16)] int channels, [Values(0, 57, -1)] int place)
    {
        PoolingGeometry windows = Geometry("2x2");
        Random random = new(place + channels);
        (Tensor x, Tensor gradient) = (Numbers(random, (int)windows.InputRows, channels), Numbers(random, (int)windows.OutputRows, channels));
        Tensor winners = Winners(windows, x);
        ref int stray = ref winners.Int32[place < 0 ? winners.Length + place : place];
        stray = (stray + (windows.InputPixels / 2)) % (int)windows.InputRows;
        Compare(windows, gradient, winners, threads: 2);
    }

    private static PoolingGeometry Geometry(string window)
    {
        (int height, int width) = (window[0] - '0', window[2] - '0');
        return new PoolingGeometry(Batch: 3, 5 * height, 4 * width, height, width, height, width);
    }

    private static Tensor Winners(in PoolingGeometry windows, Tensor x)
    {
        Tensor y = new(TensorType.Float32, (int)windows.OutputRows, x.Columns);
        Tensor index = new(TensorType.Int32, y.Rows, x.Columns);
        new ScalarBackend().Run(PoolingOps.MaxPool, new TensorCall([y, index, x], windows.ToImmediates()));
        return index;
    }

    private static void Compare(in PoolingGeometry windows, Tensor gradient, Tensor winners, int threads)
    {
        Tensor expected = new(TensorType.Float32, (int)windows.InputRows, gradient.Columns);
        Tensor actual = new(TensorType.Float32, expected.Rows, expected.Columns);
        actual.Float32.Fill(7);
        using CpuBackend backend = new(threads);
        new ScalarBackend().Run(PoolingOps.MaxPoolGradient, new TensorCall([expected, gradient, winners], windows.ToImmediates()));
        backend.Run(PoolingOps.MaxPoolGradient, new TensorCall([actual, gradient, winners], windows.ToImmediates()));
        Assert.That(actual.Bytes.SequenceEqual(expected.Bytes), Is.True);
    }

    /// <summary>With zeros of both signs and NaNs of other bits.</summary>
    private static Tensor Numbers(Random random, int rows, int columns)
    {
        Tensor tensor = new(TensorType.Float32, rows, columns);
        foreach (ref float number in tensor.Float32)
        {
            number = random.Next(8) switch
            {
                0 => -0f,
                1 => BitConverter.Int32BitsToSingle(unchecked((int)0xFFC12345)),
                _ => random.NextSingle() - 0.5f,
            };
        }

        return tensor;
    }
}
