using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations.Float;

/// <summary>Hand-computed cases: all numbers are exact in fp32.</summary>
[TestFixture]
public sealed class FloatNormTests
{
    private static readonly int[] Three = [Immediate(3)];

    /// <summary>(1, 3): mean 2, variance 1, rstd 1 / sqrt(1 + 3) = 1/2, xhat (-1/2, 1/2).</summary>
    [Test]
    public void LayerNormByHand()
    {
        (Tensor y, Tensor mean, Tensor rstd) = (Empty(2, 2), Empty(2, 1), Empty(2, 1));
        Run(FloatNormOps.LayerNorm, Three, [], y, mean, rstd, Floats(2, 2, 1, 3, 12, 10), Floats(1, 2, 4, 8), Floats(1, 2, 0.25f, -1));
        Assert.That(y.Float32.ToArray(), Is.EqualTo(new[] { -1.75f, 3, 2.25f, -5 }));
        Assert.That(mean.Float32.ToArray(), Is.EqualTo(new[] { 2f, 11 }));
        Assert.That(rstd.Float32.ToArray(), Is.EqualTo(new[] { 0.5f, 0.5f }));
    }

    /// <summary>h = (4, 16), xhat = (-1/2, 1/2), s1 = 20, s2 = 6: dx = (4 - (10 - 3/2), 16 - (10 + 3/2)) / 2.</summary>
    [Test]
    public void LayerNormGradientByHand()
    {
        Tensor[] saved = [Floats(1, 1, 2), Floats(1, 1, 0.5f)];
        Tensor dx = Run(FloatNormOps.LayerNormGradient, Empty(1, 2), Floats(1, 2, 1, 2), Floats(1, 2, 1, 3), saved[0], saved[1], Floats(1, 2, 4, 8));
        Assert.That(dx.Float32.ToArray(), Is.EqualTo(new[] { -2.25f, 2.25f }));
    }

    [Test]
    public void LayerNormParametersGradientByHand()
    {
        (Tensor dgamma, Tensor dbeta) = (Empty(1, 2), Empty(1, 2));
        (Tensor g, Tensor x) = (Floats(2, 2, 1, 2, 10, 20), Floats(2, 2, 1, 3, 12, 10));
        Run(FloatNormOps.LayerNormParametersGradient, dgamma, dbeta, g, x, Floats(2, 1, 2, 11), Floats(2, 1, 0.5f, 0.5f));
        Assert.That(dgamma.Float32.ToArray(), Is.EqualTo(new[] { 4.5f, -9 }));
        Assert.That(dbeta.Float32.ToArray(), Is.EqualTo(new[] { 11f, 22 }));
    }

    /// <summary>Column (1, 3): variance 1 for y, 2 for the running variance, which moves a quarter of the way from 10.</summary>
    [Test]
    public void BatchNormTrainByHand()
    {
        (Tensor y, Tensor mean, Tensor rstd) = (Empty(2, 2), Empty(1, 2), Empty(1, 2));
        (Tensor runningMean, Tensor runningVariance) = (Floats(1, 2, 6, -1), Floats(1, 2, 10, 2));
        Run(
            FloatNormOps.BatchNormTrain, [Immediate(3), Immediate(0.25f)], [],
            y, mean, rstd, runningMean, runningVariance, Floats(2, 2, 1, 12, 3, 10), Floats(1, 2, 4, 8), Floats(1, 2, 0.25f, -1));
        Assert.That(y.Float32.ToArray(), Is.EqualTo(new[] { -1.75f, 3, 2.25f, -5 }));
        Assert.That(mean.Float32.ToArray(), Is.EqualTo(new[] { 2f, 11 }));
        Assert.That(rstd.Float32.ToArray(), Is.EqualTo(new[] { 0.5f, 0.5f }));
        Assert.That(runningMean.Float32.ToArray(), Is.EqualTo(new[] { 5f, 2 }));
        Assert.That(runningVariance.Float32.ToArray(), Is.EqualTo(new[] { 8f, 2 }));
    }

    [Test]
    public void BatchNormByHand()
    {
        Tensor[] statistics = [Floats(1, 2, 2, 11), Floats(1, 2, 1, 13)];
        Tensor y = Run(
            FloatNormOps.BatchNorm, Three, [],
            Empty(2, 2), Floats(2, 2, 1, 12, 3, 7), statistics[0], statistics[1], Floats(1, 2, 4, 8), Floats(1, 2, 0.25f, -1));
        Assert.That(y.Float32.ToArray(), Is.EqualTo(new[] { -1.75f, 1, 2.25f, -9 }));
    }

    /// <summary>g = (1, 4), xhat = (-1/2, 1/2): dbeta 5, dgamma 3/2, dx = gamma rstd (1 - (5/2 - 3/8), 4 - (5/2 + 3/8)).</summary>
    [Test]
    public void BatchNormGradientByHand()
    {
        (Tensor dx, Tensor dgamma, Tensor dbeta) = (Empty(2, 1), Empty(1, 1), Empty(1, 1));
        Run(
            FloatNormOps.BatchNormGradient,
            dx, dgamma, dbeta, Floats(2, 1, 1, 4), Floats(2, 1, 1, 3), Floats(1, 1, 2), Floats(1, 1, 0.5f), Floats(1, 1, 4));
        Assert.That(dx.Float32.ToArray(), Is.EqualTo(new[] { -2.25f, 2.25f }));
        Assert.That(dgamma.Float32[0], Is.EqualTo(1.5f));
        Assert.That(dbeta.Float32[0], Is.EqualTo(5));
    }

    [Test]
    public void RowsAndColumnsDoNotMix()
    {
        (Tensor y, Tensor mean, Tensor rstd) = (Empty(2, 2), Empty(2, 1), Empty(2, 1));
        Run(FloatNormOps.LayerNorm, Three, [], y, mean, rstd, Floats(2, 2, 1, float.NaN, 1, 3), Floats(1, 2, 4, 8), Floats(1, 2, 0, 0));
        Assert.That(BitsOf(y)[..2], Is.All.EqualTo(NaNBits));
        Assert.That(y.Float32[2..].ToArray(), Is.EqualTo(new[] { -2f, 4 }));
    }
}
