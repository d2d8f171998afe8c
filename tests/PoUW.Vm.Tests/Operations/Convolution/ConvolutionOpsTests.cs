using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Operations.Convolution;

[TestFixture]
public sealed class ConvolutionOpsTests
{
    private const uint CanonicalNaN = 0x7FC00000;

    private static readonly ConvolutionGeometry[] Geometries =
    [
        new(new PoolingGeometry(2, 4, 5, 3, 3, PadHeight: 1, PadWidth: 1)),
        new(new PoolingGeometry(1, 6, 5, 2, 3, 2, 1, 1, 0)),
        new(new PoolingGeometry(2, 5, 7, 3, 2, 2, 3, 2, 1), 3),
        new(new PoolingGeometry(1, 3, 4, 1, 1, 2, 2), 2),
        new(new PoolingGeometry(1, 4, 4, 4, 4)),
    ];

    [Test]
    public void ForwardIsTheSumOfProducts(
        [ValueSource(nameof(Geometries))] ConvolutionGeometry geometry, [Values(false, true)] bool integer)
    {
        (Tensor x, Tensor w, Tensor y, TensorType result) = Draw(geometry, integer);
        double[] expected = new double[y.Length];
        (double[] image, double[] weight) = (NaiveImages.Values(x), NaiveImages.Values(w));
        new NaiveImages(geometry, x.Columns, y.Columns).ForEachProduct((i, k, o) => expected[o] += i < 0 ? 0 : image[i] * weight[k]);
        TensorOp op = integer ? ConvolutionOps.Conv2DInt8 : ConvolutionOps.Conv2D;
        Assert.That(Run(op, geometry, result, y, x, w), Is.EqualTo(expected));
    }

    [Test]
    public void InputGradientIsTheAdjoint(
        [ValueSource(nameof(Geometries))] ConvolutionGeometry geometry, [Values(false, true)] bool integer)
    {
        (Tensor x, Tensor w, Tensor dy, TensorType result) = Draw(geometry, integer);
        double[] expected = new double[x.Length];
        (double[] gradient, double[] weight) = (NaiveImages.Values(dy), NaiveImages.Values(w));
        new NaiveImages(geometry, x.Columns, dy.Columns).ForEachProduct((i, k, o) =>
        {
            if (i >= 0)
            {
                expected[i] += gradient[o] * weight[k];
            }
        });
        TensorOp op = integer ? ConvolutionOps.Conv2DInputGradientInt8 : ConvolutionOps.Conv2DInputGradient;
        Assert.That(Run(op, geometry, result, x, dy, w), Is.EqualTo(expected));
    }

    [Test]
    public void WeightGradientIsTheAdjoint(
        [ValueSource(nameof(Geometries))] ConvolutionGeometry geometry, [Values(false, true)] bool integer)
    {
        (Tensor x, Tensor w, Tensor dy, TensorType result) = Draw(geometry, integer);
        double[] expected = new double[w.Length];
        (double[] gradient, double[] image) = (NaiveImages.Values(dy), NaiveImages.Values(x));
        new NaiveImages(geometry, x.Columns, dy.Columns).ForEachProduct((i, k, o) => expected[k] += i < 0 ? 0 : gradient[o] * image[i]);
        TensorOp op = integer ? ConvolutionOps.Conv2DWeightGradientInt8 : ConvolutionOps.Conv2DWeightGradient;
        Assert.That(Run(op, geometry, result, w, dy, x), Is.EqualTo(expected));
    }

    /// <summary>At 2^25 sums are multiples of 4, so the result tells the order: 2^25 + 3 = 2^25 + 4.</summary>
    [TestCase(1 << 25, 3, -(1 << 25), 4)]
    [TestCase(1 << 25, -(1 << 25), 3, 3)]
    [TestCase(1, 1 << 25, -(1 << 25), 0)]
    public void ChainsRunInTheOrderOfTheTaps(float first, float second, float third, float expected)
    {
        int[] immediates = new ConvolutionGeometry(new PoolingGeometry(1, 1, 3, 1, 3)).ToImmediates();
        Tensor values = new(TensorType.Float32, 3, 1);
        Tensor ones = new(TensorType.Float32, 3, 1);
        Tensor result = new(TensorType.Float32, 1, 1);
        (values.Float32[0], values.Float32[1], values.Float32[2]) = (first, second, third);
        ones.Float32.Fill(1);
        ConvolutionOps.Conv2D.Execute(new TensorCall([result, values, ones], immediates));
        Assert.That(result.Float32[0], Is.EqualTo(expected));

        int[] pixels = new ConvolutionGeometry(new PoolingGeometry(1, 1, 3, 1, 1)).ToImmediates();
        ConvolutionOps.Conv2DWeightGradient.Execute(new TensorCall([result, ones, values], pixels));
        Assert.That(result.Float32[0], Is.EqualTo(expected));
    }

    /// <summary>As above for the input gradient: pixel 2 lies under the taps 0, 1, 2 of the windows 2, 1, 0.</summary>
    [TestCase(1 << 25, 3, -(1 << 25), 4)]
    [TestCase(1 << 25, -(1 << 25), 3, 3)]
    public void InputGradientChainRunsInTheOrderOfTheTaps(float first, float second, float third, float expected)
    {
        int[] immediates = new ConvolutionGeometry(new PoolingGeometry(1, 1, 5, 1, 3)).ToImmediates();
        Tensor w = new(TensorType.Float32, 3, 1);
        Tensor ones = new(TensorType.Float32, 3, 1);
        Tensor dx = new(TensorType.Float32, 5, 1);
        (w.Float32[0], w.Float32[1], w.Float32[2]) = (first, second, third);
        ones.Float32.Fill(1);
        ConvolutionOps.Conv2DInputGradient.Execute(new TensorCall([dx, ones, w], immediates));
        Assert.That(dx.Float32[2], Is.EqualTo(expected));
    }

    [Test]
    public void PaddingTakesPartInTheForwardChain()
    {
        ConvolutionGeometry geometry = new(new PoolingGeometry(1, 1, 3, 1, 3, PadWidth: 1));
        Tensor x = new(TensorType.Float32, 3, 1);
        Tensor w = new(TensorType.Float32, 3, 1);
        x.Float32.Fill(1);
        w.Float32[0] = float.PositiveInfinity;
        Tensor y = new(TensorType.Float32, 3, 1);
        ConvolutionOps.Conv2D.Execute(new TensorCall([y, x, w], geometry.ToImmediates()));
        Assert.That(BitConverter.SingleToUInt32Bits(y.Float32[0]), Is.EqualTo(CanonicalNaN), "+0 * infinity");
        Assert.That(y.Float32[1], Is.EqualTo(float.PositiveInfinity));
    }

    [Test]
    public void WindowsBeyondTheEdgeTakePartInTheInputGradient()
    {
        ConvolutionGeometry geometry = new(new PoolingGeometry(1, 1, 4, 1, 2));
        Tensor dy = new(TensorType.Float32, 3, 1);
        Tensor w = new(TensorType.Float32, 2, 1);
        dy.Float32.Fill(1);
        w.Float32[1] = float.PositiveInfinity;
        Tensor dx = new(TensorType.Float32, 4, 1);
        ConvolutionOps.Conv2DInputGradient.Execute(new TensorCall([dx, dy, w], geometry.ToImmediates()));
        Assert.That(BitConverter.SingleToUInt32Bits(dx.Float32[0]), Is.EqualTo(CanonicalNaN), "the window at -1 has the tap 1 on pixel 0");
        Assert.That(dx.Float32[1], Is.EqualTo(float.PositiveInfinity));
    }

    [Test]
    public void TapsOffTheLatticeTakeNoPartInTheInputGradient()
    {
        ConvolutionGeometry geometry = new(new PoolingGeometry(1, 1, 4, 1, 2, 1, 2));
        Tensor dy = new(TensorType.Float32, 2, 1);
        Tensor w = new(TensorType.Float32, 2, 1);
        dy.Float32.Fill(1);
        (w.Float32[0], w.Float32[1]) = (2, float.PositiveInfinity);
        Tensor dx = new(TensorType.Float32, 4, 1);
        ConvolutionOps.Conv2DInputGradient.Execute(new TensorCall([dx, dy, w], geometry.ToImmediates()));
        Assert.That(
            dx.Float32.ToArray(), Is.EqualTo(new[] { 2, float.PositiveInfinity, 2, float.PositiveInfinity }));
    }

    [Test]
    public void ColumnsAreTheTapsOfWindowsAndTheirSums([ValueSource(nameof(Geometries))] ConvolutionGeometry geometry)
    {
        const int Channels = 3;
        PoolingGeometry g = geometry.Windows;
        Random random = new(5);
        Tensor x = NaiveImages.Draw(random, TensorType.Int8, g.InputRows, Channels);
        Tensor s = NaiveImages.Draw(random, TensorType.Int32, g.OutputRows, g.Taps * Channels);
        double[] unfolded = new double[s.Length];
        double[] folded = new double[x.Length];
        new NaiveImages(geometry, Channels, 1).ForEachTap((pixel, ky, kx, window) =>
        {
            for (int c = 0; c < Channels && pixel >= 0; c++)
            {
                int place = (window * g.Taps * Channels) + (((ky * g.KernelWidth) + kx) * Channels) + c;
                unfolded[place] = x.Int8[(pixel * Channels) + c];
                folded[(pixel * Channels) + c] += s.Int32[place];
            }
        });
        Tensor columns = new(TensorType.Int8, s.Rows, s.Columns);
        ConvolutionOps.ImageToColumnsInt8.Execute(new TensorCall([columns, x], g.ToImmediates()));
        Assert.That(NaiveImages.Values(columns), Is.EqualTo(unfolded));
        Tensor image = new(TensorType.Int32, x.Rows, x.Columns);
        ConvolutionOps.ColumnsToImageInt32.Execute(new TensorCall([image, s], g.ToImmediates()));
        Assert.That(NaiveImages.Values(image), Is.EqualTo(folded));
    }

    [TestCase(0, 0, 0, 0, 0, 0, null)]
    [TestCase(1, 0, 0, 0, 0, 0, "images")]
    [TestCase(0, 1, 0, 0, 0, 0, "groups")]
    [TestCase(0, 0, 1, 0, 0, 0, "weights")]
    [TestCase(0, 0, 0, 1, 0, 0, "weights")]
    [TestCase(0, 0, 0, 0, 1, 0, "outputs")]
    [TestCase(0, 0, 0, 0, 0, 1, "groups")]
    [TestCase(0, 0, 0, 0, 0, 2, "weights")]
    public void ShapesMustFitTheGeometry(
        int imageRows, int imageColumns, int weightRows, int weightColumns, int outputRows, int outputColumns, string? expected)
    {
        ConvolutionGeometry geometry = new(new PoolingGeometry(2, 4, 4, 3, 3), 2);
        TensorShape images = new(TensorType.Float32, 32 + imageRows, 4 + imageColumns);
        TensorShape weights = new(TensorType.Float32, 18 + weightRows, 6 + weightColumns);
        TensorShape outputs = new(TensorType.Float32, 8 + outputRows, 6 + outputColumns);
        (TensorOp Op, TensorShape[] Shapes)[] calls =
        [
            (ConvolutionOps.Conv2D, [outputs, images, weights]),
            (ConvolutionOps.Conv2DInputGradient, [images, outputs, weights]),
            (ConvolutionOps.Conv2DWeightGradient, [weights, outputs, images]),
            (ConvolutionOps.Conv2DInt8, [outputs, images, weights]),
            (ConvolutionOps.Conv2DInputGradientInt8, [images, outputs, weights]),
            (ConvolutionOps.Conv2DWeightGradientInt8, [weights, outputs, images]),
        ];
        foreach ((TensorOp op, TensorShape[] shapes) in calls)
        {
            string? problem = op.Check(new TensorCallShape(shapes, geometry.ToImmediates()));
            Assert.That(problem, expected is null ? Is.Null : Does.Contain(expected), op.Name);
        }
    }

    [TestCase(100, 1311, "products")]
    [TestCase(100, 1310, null)]
    public void IntegerChainsMustFit(int taps, int channels, string? expected)
    {
        ConvolutionGeometry geometry = new(new PoolingGeometry(1, 1, taps, 1, taps));
        TensorShape x = new(TensorType.Int8, taps, channels);
        TensorShape w = new(TensorType.Int8, taps * channels, 1);
        string? problem = ConvolutionOps.Conv2DInt8.Check(
            new TensorCallShape([new TensorShape(TensorType.Int32, 1, 1), x, w], geometry.ToImmediates()));
        Assert.That(problem, expected is null ? Is.Null : Does.Contain(expected));

        TensorShape wide = new(TensorType.Int8, taps, channels);
        string? gradient = ConvolutionOps.Conv2DInputGradientInt8.Check(new TensorCallShape(
            [new TensorShape(TensorType.Int32, taps, 1), new TensorShape(TensorType.Int8, 1, channels), wide], geometry.ToImmediates()));
        Assert.That(gradient, expected is null ? Is.Null : Does.Contain(expected));
    }

    [TestCase(131071, null)]
    [TestCase(131072, "products")]
    public void IntegerChainsOfWindowsMustFit(int windows, string? expected)
    {
        ConvolutionGeometry geometry = new(new PoolingGeometry(windows, 1, 1, 1, 1));
        TensorShape rows = new(TensorType.Int8, windows, 1);
        string? problem = ConvolutionOps.Conv2DWeightGradientInt8.Check(
            new TensorCallShape([new TensorShape(TensorType.Int32, 1, 1), rows, rows], geometry.ToImmediates()));
        Assert.That(problem, expected is null ? Is.Null : Does.Contain(expected));
    }

    [Test]
    public void TooManyProductsAreRefusedWithoutOverflow()
    {
        ConvolutionGeometry geometry = new(new PoolingGeometry(1 << 20, 1, 1, 1, 1));
        TensorShape images = new(TensorType.Float32, 1 << 20, int.MaxValue);
        TensorShape weights = new(TensorType.Float32, int.MaxValue, int.MaxValue);
        string? problem = ConvolutionOps.Conv2D.Check(new TensorCallShape([images, images, weights], geometry.ToImmediates()));
        Assert.That(problem, Does.Contain("multiply-accumulates"));
    }

    [Test]
    public void ABadImmediateIsRefusedByTheOperation()
    {
        TensorShape any = new(TensorType.Float32, 1, 1);
        int[] immediates = new ConvolutionGeometry(new PoolingGeometry(1, 1, 1, 1, 1)).ToImmediates();
        immediates[5] = 0;
        Assert.That(ConvolutionOps.Conv2D.Check(new TensorCallShape([any, any, any], immediates)), Does.Contain("stride_h"));
    }

    [TestCase(1, 0, 0)]
    [TestCase(0, 1, 0)]
    [TestCase(0, 0, 1)]
    public void ColumnsMustFitTheGeometry(int imageRows, int columnRows, int columns)
    {
        PoolingGeometry g = new(1, 4, 4, 3, 3);
        TensorShape image = new(TensorType.Int8, 16 + imageRows, 2);
        TensorShape lowered = new(TensorType.Int8, 4 + columnRows, 18 + columns);
        int[] immediates = g.ToImmediates();
        Assert.That(ConvolutionOps.ImageToColumnsInt8.Check(new TensorCallShape([lowered, image], immediates)), Does.Contain("geometry"));
        Assert.That(ConvolutionOps.ColumnsToImageInt32.Check(new TensorCallShape([image, lowered], immediates)), Does.Contain("geometry"));
    }

    [Test]
    public void ColumnsOfAWindowThatDoesNotFitAreRefused()
    {
        TensorShape any = new(TensorType.Int8, 4, 9);
        int[] immediates = new PoolingGeometry(1, 2, 2, 3, 3).ToImmediates();
        Assert.That(ConvolutionOps.ImageToColumnsInt8.Check(new TensorCallShape([any, any], immediates)), Does.Contain("kernel"));
    }

    [Test]
    public void GasCountsProducts()
    {
        ConvolutionGeometry geometry = new(new PoolingGeometry(2, 4, 4, 3, 3), 2);
        TensorShape x = new(TensorType.Float32, 32, 4);
        TensorShape w = new(TensorType.Float32, 18, 6);
        TensorShape y = new(TensorType.Float32, 8, 6);
        const long Macs = 8 * 6 * 18;
        long elements = (x.Length + w.Length + y.Length + 7) / 8;
        int[] immediates = geometry.ToImmediates();
        Assert.That(ConvolutionOps.Conv2D.Gas(new TensorCallShape([y, x, w], immediates)), Is.EqualTo((Macs / 96) + elements));
        Assert.That(ConvolutionOps.Conv2DInputGradient.Gas(new TensorCallShape([x, y, w], immediates)), Is.EqualTo((Macs / 96) + elements));
        Assert.That(ConvolutionOps.Conv2DWeightGradientInt8.Gas(new TensorCallShape([w, y, x], immediates)), Is.EqualTo(((Macs + 127) / 128) + elements));
    }

    private static (Tensor X, Tensor W, Tensor Y, TensorType Result) Draw(ConvolutionGeometry geometry, bool integer)
    {
        Random random = new(geometry.Windows.Height);
        TensorType type = integer ? TensorType.Int8 : TensorType.Float32;
        (int channels, int outputs) = (2 * geometry.Groups, 3 * geometry.Groups);
        return (
            NaiveImages.Draw(random, type, geometry.Windows.InputRows, channels),
            NaiveImages.Draw(random, type, geometry.ChainLength(channels), outputs),
            NaiveImages.Draw(random, type, geometry.Windows.OutputRows, outputs),
            integer ? TensorType.Int32 : TensorType.Float32);
    }

    /// <summary>Runs with a destination of the size of the first tensor.</summary>
    private static double[] Run(TensorOp op, ConvolutionGeometry geometry, TensorType result, Tensor size, Tensor first, Tensor second)
    {
        Tensor destination = new(result, size.Rows, size.Columns);
        destination.Bytes.Fill(0x5A);
        TensorShape Shape(Tensor tensor) => new(tensor.Type, tensor.Rows, tensor.Columns);
        int[] immediates = geometry.ToImmediates();
        Assert.That(op.Check(new TensorCallShape([Shape(destination), Shape(first), Shape(second)], immediates)), Is.Null);
        op.Execute(new TensorCall([destination, first, second], immediates));
        return NaiveImages.Values(destination);
    }
}
