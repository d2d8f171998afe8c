using PoUW.Vm.Execution;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Operations.Convolution;

[TestFixture]
public sealed class PoolingOpsTests
{
    private const int Channels = 3;
    private const uint CanonicalNaN = 0x7FC00000;

    private static readonly PoolingGeometry[] Geometries =
    [
        new(2, 4, 6, 2, 2, 2, 2),
        new(1, 5, 7, 3, 2, 2, 1, 1, 1),
        new(2, 5, 4, 2, 3, 3, 3, 1, 2),
        new(1, 3, 3, 3, 3),
    ];

    [Test]
    public void MaximumIsTheFirstOfTheLargest([ValueSource(nameof(Geometries))] PoolingGeometry g, [Values(false, true)] bool integer)
    {
        TensorType type = integer ? TensorType.Int8 : TensorType.Float32;
        Tensor x = NaiveImages.Draw(new Random(3), type, g.InputRows, Channels);
        double[] values = NaiveImages.Values(x);
        double[] best = new double[g.OutputRows * Channels];
        double[] winner = new double[best.Length];
        Array.Fill(best, double.NegativeInfinity);
        new NaiveImages(new ConvolutionGeometry(g), Channels, 1).ForEachTap((pixel, _, _, window) =>
        {
            for (int c = 0; c < Channels && pixel >= 0; c++)
            {
                if (values[(pixel * Channels) + c] > best[(window * Channels) + c])
                {
                    (best[(window * Channels) + c], winner[(window * Channels) + c]) = (values[(pixel * Channels) + c], pixel);
                }
            }
        });
        Tensor y = new(type, (int)g.OutputRows, Channels);
        Tensor index = new(TensorType.Int32, (int)g.OutputRows, Channels);
        Execute(integer ? PoolingOps.MaxPoolInt8 : PoolingOps.MaxPool, g, y, index, x);
        Assert.That(NaiveImages.Values(y), Is.EqualTo(best));
        Assert.That(NaiveImages.Values(index), Is.EqualTo(winner));
    }

    [Test]
    public void MaximumGradientGoesToTheWinners([ValueSource(nameof(Geometries))] PoolingGeometry g, [Values(false, true)] bool integer)
    {
        Random random = new(4);
        Tensor dy = NaiveImages.Draw(random, integer ? TensorType.Int8 : TensorType.Float32, g.OutputRows, Channels);
        Tensor index = new(TensorType.Int32, dy.Rows, Channels);
        double[] expected = new double[g.InputRows * Channels];
        for (int i = 0; i < index.Length; i++)
        {
            index.Int32[i] = random.Next((int)g.InputRows);
            expected[(index.Int32[i] * Channels) + (i % Channels)] += NaiveImages.Values(dy)[i];
        }

        Tensor dx = new(integer ? TensorType.Int32 : TensorType.Float32, (int)g.InputRows, Channels);
        dx.Bytes.Fill(0x11);
        Execute(integer ? PoolingOps.MaxPoolGradientInt8 : PoolingOps.MaxPoolGradient, g, dx, dy, index);
        Assert.That(NaiveImages.Values(dx), Is.EqualTo(expected));
    }

    [Test]
    public void SumsAndAverages([ValueSource(nameof(Geometries))] PoolingGeometry g, [Values(false, true)] bool integer)
    {
        Tensor x = NaiveImages.Draw(new Random(5), integer ? TensorType.Int8 : TensorType.Float32, g.InputRows, Channels);
        double[] values = NaiveImages.Values(x);
        double[] expected = new double[g.OutputRows * Channels];
        ForEachElement(g, (pixel, window) => expected[window] += values[pixel]);
        Tensor y = new(integer ? TensorType.Int32 : TensorType.Float32, (int)g.OutputRows, Channels);
        Execute(integer ? PoolingOps.SumPoolInt8 : PoolingOps.AveragePool, g, y, x);
        double[] rounded = [.. expected.Select(sum => integer ? sum : (double)((float)sum / g.Taps))];
        Assert.That(NaiveImages.Values(y), Is.EqualTo(rounded));
    }

    [Test]
    public void SumAndAverageGradients([ValueSource(nameof(Geometries))] PoolingGeometry g, [Values(false, true)] bool integer)
    {
        Tensor dy = NaiveImages.Draw(new Random(6), integer ? TensorType.Int8 : TensorType.Float32, g.OutputRows, Channels);
        double[] values = NaiveImages.Values(dy);
        double[] expected = new double[g.InputRows * Channels];

        // Windows are visited in increasing order, so each pixel adds in the order of the definition.
        ForEachElement(g, (pixel, window) => expected[pixel] = integer
            ? expected[pixel] + values[window]
            : (float)expected[pixel] + ((float)values[window] / g.Taps));
        Tensor dx = new(integer ? TensorType.Int32 : TensorType.Float32, (int)g.InputRows, Channels);
        Execute(integer ? PoolingOps.SumPoolGradientInt8 : PoolingOps.AveragePoolGradient, g, dx, dy);
        Assert.That(NaiveImages.Values(dx), Is.EqualTo(expected));
    }

    [Test]
    public void MaximumOfSpecialValues()
    {
        float nan = BitConverter.UInt32BitsToSingle(0xFFA00001);
        PoolingGeometry g = new(1, 3, 4, 1, 4);
        Tensor x = new(TensorType.Float32, 12, 1);
        float[] values = [1, nan, 2, nan, -0f, 0f, -1, -0f, float.NegativeInfinity, float.NegativeInfinity, -3, -3];
        values.CopyTo(x.Float32);
        Tensor y = new(TensorType.Float32, 3, 1);
        Tensor index = new(TensorType.Int32, 3, 1);
        Execute(PoolingOps.MaxPool, g, y, index, x);
        Assert.That(index.Int32.ToArray(), Is.EqualTo(new[] { 1, 4, 10 }));
        Assert.That(BitConverter.SingleToUInt32Bits(y.Float32[0]), Is.EqualTo(CanonicalNaN));
        Assert.That(float.IsNegative(y.Float32[1]), "+0 is not greater than -0");
        Assert.That(y.Float32[2], Is.EqualTo(-3f));
    }

    [Test]
    public void SumsStartFromPlusZero()
    {
        PoolingGeometry g = new(1, 1, 2, 1, 2);
        Tensor x = new(TensorType.Float32, 2, 1);
        x.Float32.Fill(-0f);
        Tensor y = new(TensorType.Float32, 1, 1);
        Execute(PoolingOps.AveragePool, g, y, x);
        Assert.That(BitConverter.SingleToUInt32Bits(y.Float32[0]), Is.Zero);
    }

    [TestCase(-1)]
    [TestCase(12)]
    public void AnIndexOutsideTheImagesTraps(int index)
    {
        PoolingGeometry g = new(1, 3, 4, 1, 4);
        Tensor winners = new(TensorType.Int32, 3, 1);
        winners.Int32[2] = index;
        Tensor[] floats = [new(TensorType.Float32, 12, 1), new(TensorType.Float32, 3, 1), winners];
        Tensor[] integers = [new(TensorType.Int32, 12, 1), new(TensorType.Int8, 3, 1), winners];
        Assert.That(
            PoolingOps.MaxPoolGradient.CheckCall(new TensorCall(floats, g.ToImmediates())), Is.EqualTo(VmTrap.ElementOutOfRange));
        Assert.That(
            PoolingOps.MaxPoolGradientInt8.CheckCall(new TensorCall(integers, g.ToImmediates())), Is.EqualTo(VmTrap.ElementOutOfRange));
        winners.Int32[2] = 11;
        Assert.That(PoolingOps.MaxPoolGradient.CheckCall(new TensorCall(floats, g.ToImmediates())), Is.EqualTo(VmTrap.None));
    }

    [TestCase(0, 0, 0, null)]
    [TestCase(1, 0, 0, "images")]
    [TestCase(0, 1, 0, "outputs")]
    [TestCase(0, 0, 1, "outputs")]
    public void ShapesMustFitTheGeometry(int imageRows, int outputRows, int outputColumns, string? expected)
    {
        PoolingGeometry g = new(1, 4, 4, 2, 2, 2, 2);
        TensorShape image = new(TensorType.Float32, 16 + imageRows, 5);
        TensorShape output = new(TensorType.Float32, 4 + outputRows, 5 + outputColumns);
        foreach (TensorOp op in TensorOps.All.Where(static op => op.Code is >= 137 and <= 144))
        {
            bool gradient = op.Name.Contains("gradient", StringComparison.Ordinal);
            bool hasIndex = op.Operands.Count == 3;
            TensorShape[] shapes = (gradient, hasIndex) switch
            {
                (true, true) => [image, output, output],
                (true, false) => [image, output],
                (false, true) => [output, output, image],
                (false, false) => [output, image],
            };
            string? problem = op.Check(new TensorCallShape(shapes, g.ToImmediates()));
            Assert.That(problem, expected is null ? Is.Null : Does.Contain(expected), op.Name);
        }
    }

    [Test]
    public void TheIndexNeedsTheShapeOfTheOutputs()
    {
        PoolingGeometry g = new(1, 4, 4, 2, 2, 2, 2);
        TensorShape image = new(TensorType.Float32, 16, 5);
        TensorShape output = new(TensorType.Float32, 4, 5);
        TensorShape index = new(TensorType.Int32, 4, 6);
        Assert.That(PoolingOps.MaxPool.Check(new TensorCallShape([output, index, image], g.ToImmediates())), Does.Contain("index"));
        Assert.That(PoolingOps.MaxPoolGradient.Check(new TensorCallShape([image, output, index], g.ToImmediates())), Does.Contain("index"));
    }

    [Test]
    public void BadWindowsAreRefused()
    {
        TensorShape any = new(TensorType.Float32, 1, 1);
        PoolingGeometry g = new(1, 1, 1, 2, 1);
        Assert.That(PoolingOps.AveragePool.Check(new TensorCallShape([any, any], g.ToImmediates())), Does.Contain("kernel_h"));
    }

    [Test]
    public void GasCountsTaps()
    {
        PoolingGeometry g = new(1, 4, 4, 2, 2, 2, 2);
        TensorShape image = new(TensorType.Float32, 16, 8);
        TensorShape output = new(TensorType.Float32, 4, 8);
        int[] immediates = g.ToImmediates();
        Assert.That(PoolingOps.AveragePool.Gas(new TensorCallShape([output, image], immediates)), Is.EqualTo((128 + (32 * 4)) / 8));
        Assert.That(PoolingOps.MaxPoolGradient.Gas(new TensorCallShape([image, output, output], immediates)), Is.EqualTo((128 / 8) + 32));
    }

    private static void ForEachElement(PoolingGeometry g, Action<int, int> visit) =>
        new NaiveImages(new ConvolutionGeometry(g), Channels, 1).ForEachTap((pixel, _, _, window) =>
        {
            for (int c = 0; c < Channels && pixel >= 0; c++)
            {
                visit((pixel * Channels) + c, (window * Channels) + c);
            }
        });

    private static void Execute(TensorOp op, PoolingGeometry g, params Tensor[] operands)
    {
        int[] immediates = g.ToImmediates();
        TensorShape[] shapes = [.. operands.Select(static tensor => new TensorShape(tensor.Type, tensor.Rows, tensor.Columns))];
        Assert.That(op.Check(new TensorCallShape(shapes, immediates)), Is.Null);
        Assert.That(op.CheckCall(new TensorCall(operands, immediates)), Is.EqualTo(VmTrap.None));
        op.Execute(new TensorCall(operands, immediates));
    }
}
