using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations.Float;

[TestFixture]
public sealed class FloatOptimiserTests
{
    private const int Steps = 20;
    private const float Rate = 0.05f;
    private const float Decay = 0.1f;

    [Test]
    public void SgdByHand()
    {
        Tensor w = Run(FloatOptimiserOps.Sgd, [Immediate(0.5f)], [], Floats(1, 2, 1, -2), Floats(1, 2, 0.25f, 3), Floats(1, 1, 0.5f));
        Assert.That(w.Float32.ToArray(), Is.EqualTo(new[] { 0.625f, -3 }));
    }

    /// <summary>g' = 2, v = 6, the step is 6, or 5 with Nesterov's momentum.</summary>
    [TestCase(0, -1f)]
    [TestCase(1, -0.5f)]
    public void SgdMomentumByHand(int nesterov, float weight)
    {
        (Tensor w, Tensor v) = (Floats(1, 1, 2), Floats(1, 1, 8));
        Run(FloatOptimiserOps.SgdMomentum, [Immediate(0.5f), Immediate(0.5f), nesterov], [], w, v, Floats(1, 1, 1), Floats(1, 1, 0.5f));
        Assert.That(v.Float32[0], Is.EqualTo(6));
        Assert.That(w.Float32[0], Is.EqualTo(weight));
    }

    [Test]
    public void SgdFollowsItsReference()
    {
        Tensor w = Random(3, 4, 1);
        double[] expected = Doubles(w);
        for (int step = 0; step < Steps; step++)
        {
            Tensor g = Random(3, 4, 10 + step);
            Run(FloatOptimiserOps.Sgd, [Immediate(Decay)], [], w, g, Floats(1, 1, Rate));
            for (int i = 0; i < expected.Length; i++)
            {
                expected[i] -= Rate * (g.Float32[i] + (Decay * expected[i]));
            }
        }

        Assert.That(Doubles(w), Is.EqualTo(expected).Within(2e-6));
    }

    [Test]
    public void MomentumFollowsItsReference([Values] bool nesterov)
    {
        const float momentum = 0.9f;
        (Tensor w, Tensor v) = (Random(3, 4, 1), Floats(3, 4, new float[12]));
        (double[] expected, double[] velocity) = (Doubles(w), new double[12]);
        for (int step = 0; step < Steps; step++)
        {
            Tensor g = Random(3, 4, 10 + step);
            Run(FloatOptimiserOps.SgdMomentum, [Immediate(momentum), Immediate(Decay), nesterov ? 1 : 0], [], w, v, g, Floats(1, 1, Rate));
            for (int i = 0; i < expected.Length; i++)
            {
                double gradient = g.Float32[i] + (Decay * expected[i]);
                velocity[i] = (momentum * velocity[i]) + gradient;
                expected[i] -= Rate * (nesterov ? gradient + (momentum * velocity[i]) : velocity[i]);
            }
        }

        Assert.That(Doubles(w), Is.EqualTo(expected).Within(5e-6));
        Assert.That(Doubles(v), Is.EqualTo(velocity).Within(5e-6));
    }

    [Test]
    public void AdamFollowsItsReference([Values] bool decoupled)
    {
        const float beta1 = 0.9f;
        const float beta2 = 0.99f;
        const float eps = 1e-3f;
        int[] immediates = [Immediate(beta1), Immediate(beta2), Immediate(eps), Immediate(Decay), decoupled ? 1 : 0];
        (Tensor w, Tensor m, Tensor v) = (Random(3, 4, 1), Floats(3, 4, new float[12]), Floats(3, 4, new float[12]));
        (double[] expected, double[] first, double[] second) = (Doubles(w), new double[12], new double[12]);
        for (int step = 1; step <= Steps; step++)
        {
            Tensor g = Random(3, 4, 10 + step);
            Tensor powers = Floats(1, 2, MathF.Pow(beta1, step), MathF.Pow(beta2, step));
            Run(FloatOptimiserOps.Adam, immediates, [], w, m, v, g, Floats(1, 1, Rate), powers);
            for (int i = 0; i < expected.Length; i++)
            {
                double gradient = g.Float32[i] + (decoupled ? 0 : Decay * expected[i]);
                expected[i] *= decoupled ? 1 - (Rate * (double)Decay) : 1;
                first[i] = (beta1 * first[i]) + ((1 - (double)beta1) * gradient);
                second[i] = (beta2 * second[i]) + ((1 - (double)beta2) * gradient * gradient);
                double mean = first[i] / (1 - Math.Pow(beta1, step));
                double root = Math.Sqrt(second[i] / (1 - Math.Pow(beta2, step)));
                expected[i] -= Rate * mean / (root + eps);
            }
        }

        Assert.That(Doubles(w), Is.EqualTo(expected).Within(2e-5));
        Assert.That(Doubles(m), Is.EqualTo(first).Within(1e-5));
        Assert.That(Doubles(v), Is.EqualTo(second).Within(1e-5));
    }

    /// <summary>beta 1/2, powers 1/2 and 3/4: m = 2, v = 8 + 8, sqrt(v) / sqrt(1/4) = 8, step = (1/2) / (1/2).</summary>
    [TestCase(0, 0.75f)]
    [TestCase(1, 0.5f)]
    public void AdamByHand(int decoupled, float expected)
    {
        (Tensor w, Tensor m, Tensor v) = (Floats(1, 1, 1), Floats(1, 1, 0), Floats(1, 1, 16));
        float decay = decoupled == 1 ? 0.5f : 1;
        float g = decoupled == 1 ? 4 : 3;
        int[] immediates = [Immediate(0.5f), Immediate(0.5f), Immediate(0), Immediate(decay), decoupled];
        Run(FloatOptimiserOps.Adam, immediates, [], w, m, v, Floats(1, 1, g), Floats(1, 1, 0.5f), Floats(1, 2, 0.5f, 0.75f));
        Assert.That(m.Float32[0], Is.EqualTo(2));
        Assert.That(v.Float32[0], Is.EqualTo(16));
        Assert.That(w.Float32[0], Is.EqualTo(expected));
    }

    [TestCase(4f, 1f, 0.4999998f)]
    [TestCase(0.25f, 1f, 1f)]
    [TestCase(0f, 1f, 1f)]
    [TestCase(float.PositiveInfinity, 1f, 0f)]
    public void ClipScaleBoundsTheNorm(float total, float maximum, float expected)
    {
        Tensor d = Run(FloatOptimiserOps.ClipScale, [Immediate(maximum)], [], Empty(1, 1), Floats(1, 1, total));
        Assert.That(d.Float32[0], Is.EqualTo(expected).Within(6e-8));
    }

    [TestCase(float.NaN)]
    [TestCase(-1f)]
    public void ClipScaleShowsABadTotal(float total)
    {
        Tensor d = Run(FloatOptimiserOps.ClipScale, [Immediate(1)], [], Empty(1, 1), Floats(1, 1, total));
        Assert.That(BitsOf(d)[0], Is.EqualTo(NaNBits));
    }
}
