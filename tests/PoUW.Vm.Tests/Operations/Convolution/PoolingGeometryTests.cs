using PoUW.Vm.Operations.Convolution;

namespace PoUW.Vm.Tests.Operations.Convolution;

[TestFixture]
public sealed class PoolingGeometryTests
{
    private static readonly PoolingGeometry Valid = new(2, 7, 9, 3, 4, 2, 3, 1, 2);

    [TestCase(14, 3, 1, 1, 14)]
    [TestCase(14, 3, 2, 1, 7)]
    [TestCase(28, 5, 1, 0, 24)]
    [TestCase(5, 2, 2, 0, 2, Description = "The last column has no window.")]
    [TestCase(3, 3, 7, 0, 1)]
    [TestCase(1, 3, 1, 2, 3)]
    public void CountsWindows(int length, int kernel, int stride, int pad, int expected)
    {
        PoolingGeometry geometry = new(1, length, length, kernel, kernel, stride, stride, pad, pad);
        Assert.That(geometry.Problem(), Is.Null);
        Assert.That((geometry.OutputHeight, geometry.OutputWidth), Is.EqualTo((expected, expected)));
    }

    [Test]
    public void ImmediatesRoundTrip()
    {
        Assert.That(Valid.Problem(), Is.Null);
        Assert.That(PoolingGeometry.Decode(Valid.ToImmediates()), Is.EqualTo(Valid));
        ConvolutionGeometry grouped = new(Valid, 3);
        Assert.That(ConvolutionGeometry.Decode(grouped.ToImmediates()), Is.EqualTo(grouped));
    }

    [TestCase(0, 0, "batch")]
    [TestCase(0, PoolingGeometry.MaxBatch + 1, "batch")]
    [TestCase(1, 0, "height")]
    [TestCase(1, PoolingGeometry.MaxSide + 1, "height")]
    [TestCase(2, -1, "width")]
    [TestCase(2, int.MaxValue, "width")]
    [TestCase(3, 0, "kernel_h")]
    [TestCase(3, 256, "kernel_h")]
    [TestCase(4, 0, "kernel_w")]
    [TestCase(5, 0, "stride_h")]
    [TestCase(5, 256, "stride_h")]
    [TestCase(6, 0, "stride_w")]
    [TestCase(7, -1, "pad_h")]
    [TestCase(8, -1, "pad_w")]
    [TestCase(7, 3, "pad_h is 3", Description = "Windows in the padding only.")]
    [TestCase(8, 4, "pad_w is 4")]
    [TestCase(3, 10, "kernel_h is 10", Description = "Higher than image and padding.")]
    [TestCase(4, 14, "kernel_w is 14")]
    public void NamesWhatIsWrong(int index, int value, string expected)
    {
        int[] immediates = Valid.ToImmediates();
        immediates[index] = value;
        Assert.That(PoolingGeometry.Decode(immediates).Problem(), Does.Contain(expected));
    }

    [Test]
    public void LargestGeometryDoesNotOverflow()
    {
        PoolingGeometry largest = new(
            PoolingGeometry.MaxBatch, PoolingGeometry.MaxSide, PoolingGeometry.MaxSide, 255, 255, 1, 1, 254, 254);
        Assert.That(largest.Problem(), Is.Null);
        Assert.That(largest.InputRows, Is.EqualTo(1L << 50));
        Assert.That(largest.OutputRows, Is.EqualTo((1L << 20) * 33022 * 33022));
    }

    [Test]
    public void TapsAndWindowsAreInverse()
    {
        for (int row = 0; row < Valid.OutputRows; row++)
        {
            (int image, int oy, int ox) = Valid.OutputPosition(row);
            for (int tap = 0; tap < Valid.Taps; tap++)
            {
                (int ky, int kx) = (tap / Valid.KernelWidth, tap % Valid.KernelWidth);
                int source = Valid.InputRow(image, oy, ox, ky, kx);
                if (source >= 0)
                {
                    (int sameImage, int y, int x) = Valid.InputPosition(source);
                    Assert.That(sameImage, Is.EqualTo(image));
                    Assert.That(Valid.IsOnLattice(y, x, ky, kx));
                    Assert.That(Valid.OutputRow(image, y, x, ky, kx), Is.EqualTo(row));
                }
            }
        }
    }

    [TestCase(0)]
    [TestCase(ConvolutionGeometry.MaxGroups + 1)]
    public void RejectsGroups(int groups) =>
        Assert.That(new ConvolutionGeometry(Valid, groups).Problem(), Does.Contain("groups"));
}
