using PoUW.Compute.Data;
using PoUW.Compute.Data.Text;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Data.Text;

[TestFixture]
public sealed class NgramBaselineTests
{
    [Test]
    public void ProbabilitiesOfAHistoryAddUpToOne()
    {
        Random random = new(2);
        NgramBaseline model = NgramBaseline.Train(Markov(random, 2_000), symbols: 7);
        foreach (int[] history in new int[][] { [], [3], [6], [1, 2], [6, 6], [4, 1, 2] })
        {
            double sum = Enumerable.Range(0, 7).Sum(token => model.Probability(history, token));
            Assert.That(sum, Is.EqualTo(1).Within(1e-12));
        }

        Assert.That(model.Probability([4, 1, 2], 3), Is.EqualTo(model.Probability([1, 2], 3)), "only the last two tokens matter");
    }

    /// <summary>
    /// Bigrams of "a b a b a c a b", a = 0, b = 1, c = 2 and no d: ab 3, ba 2, ac 1, ca 1. With two counts of 1, one of 2 and one of 3 the
    /// ratio is 2/4, D1 = 1 - 2/2 * 1/2 = 1/2, D2 = 2 - 3/2 * 1 = 1/2, D3 = 3 - 0 = 3. Different tokens before a: b, c; before b and c: a;
    /// so two unigrams of 1 and one of 2: ratio 1/2, D1 = 1/2, D2 = 2.
    /// </summary>
    [Test]
    public void TheFormulaIsThatOfChenAndGoodman()
    {
        NgramBaseline model = NgramBaseline.Train([0, 1, 0, 1, 0, 2, 0, 1], symbols: 4, order: 2);
        double lowest = (0.5 + 0.5 + 2) / 4 * 0.25;
        double[] unigrams = [lowest, 0.125 + lowest, 0.125 + lowest, lowest];
        double[] afterA = [3.5 / 4 * unigrams[0], 3.5 / 4 * unigrams[1], (0.5 + (3.5 * unigrams[2])) / 4, 3.5 / 4 * unigrams[3]];
        Assert.Multiple(() =>
        {
            Assert.That(Enumerable.Range(0, 4).Select(token => model.Probability([], token)), Is.EqualTo(unigrams).Within(1e-12));
            Assert.That(Enumerable.Range(0, 4).Select(token => model.Probability([0], token)), Is.EqualTo(afterA).Within(1e-12));
            Assert.That(model.Probability([3], 1), Is.EqualTo(unigrams[1]).Within(1e-12), "a history that never was says nothing");
            Assert.That(model.Probability([1], 0), Is.EqualTo((1.5 + (0.5 * unigrams[0])) / 2).Within(1e-12));
        });
    }

    [Test]
    public void ItComesCloseToTheEntropyOfItsSource()
    {
        // Token i + 1 is i + 1 or i + 2 modulo 7 with probabilities 3/4 and 1/4: 0.8113 bits.
        Random random = new(5);
        int[] text = Markov(random, 40_000);
        NgramBaseline trigram = NgramBaseline.Train(text.AsSpan(0, 35_000), symbols: 7);
        double bits = trigram.BitsPerToken(text.AsSpan(35_000));
        Assert.That(bits, Is.EqualTo(0.8113).Within(0.02));
        Assert.That(bits, Is.LessThan(NgramBaseline.Train(text.AsSpan(0, 35_000), symbols: 7, order: 1).BitsPerToken(text.AsSpan(35_000)) - 1.5));
    }

    [Test]
    public void NoiseIsNotLearned()
    {
        Random random = new(6);
        int[] noise = [.. Enumerable.Range(0, 20_000).Select(_ => random.Next(50))];
        double bits = NgramBaseline.Train(noise.AsSpan(0, 15_000), symbols: 50).BitsPerToken(noise.AsSpan(15_000));
        Assert.That(bits, Is.InRange(Math.Log2(50) - 0.01, Math.Log2(50) + 0.2));
    }

    [Test]
    public void WindowsPredictAllTokensButTheFirst()
    {
        Random random = new(7);
        NgramBaseline model = NgramBaseline.Train(Markov(random, 3_000), symbols: 7);
        Dataset windows = Dataset.FromColumns([(new DatasetColumn("tokens", TensorType.UInt8, [3]), new byte[] { 1, 2, 3, 3, 4, 6 })]);
        double expected = -(Math.Log2(model.Probability([1], 2)) + Math.Log2(model.Probability([1, 2], 3))
            + Math.Log2(model.Probability([3], 4)) + Math.Log2(model.Probability([3, 4], 6))) / 4;
        Assert.That(model.BitsPerToken(windows), Is.EqualTo(expected).Within(1e-12));
    }

    [Test]
    public void WhatCannotBeCountedIsRefused()
    {
        int[] text = [.. Enumerable.Range(0, 100).Select(i => i & 1)];
        NgramBaseline model = NgramBaseline.Train(text, symbols: 2);
        Dataset one = Dataset.FromColumns([(new DatasetColumn("tokens", TensorType.UInt8, [1]), new byte[] { 1 })]);
        Assert.Multiple(() =>
        {
            Assert.That(() => NgramBaseline.Train(text.AsSpan(0, 2), 2), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => NgramBaseline.Train(text, 0), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => NgramBaseline.Train(text, 2, order: 0), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => NgramBaseline.Train(text, 2, order: 7), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => NgramBaseline.Train(text, 1 << 21, order: 4), Throws.ArgumentException);
            Assert.That(() => NgramBaseline.Train([.. text, 2], 2), Throws.ArgumentException);
            Assert.That(() => model.BitsPerToken([]), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => model.BitsPerToken([2]), Throws.ArgumentException);
            Assert.That(() => model.BitsPerToken(one), Throws.ArgumentException);
            Assert.That(model.Order, Is.EqualTo(3));
        });
    }

    private static int[] Markov(Random random, int count)
    {
        int[] tokens = new int[count];
        for (int i = 1; i < count; i++)
        {
            tokens[i] = (tokens[i - 1] + (random.Next(4) == 0 ? 2 : 1)) % 7;
        }

        return tokens;
    }
}
