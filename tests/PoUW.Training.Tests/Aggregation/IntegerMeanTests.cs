using System.Numerics;
using PoUW.Core.Jobs;
using PoUW.Training.Aggregation;
using PoUW.Training.Execution;
using PoUW.Vm.Tensors;

namespace PoUW.Training.Tests.Aggregation;

[TestFixture]
public sealed class IntegerMeanTests
{
    [TestCase(new[] { 1, 2 }, 2)]
    [TestCase(new[] { -1, -2 }, -1)]
    [TestCase(new[] { 1, 0, 0, 0 }, 0)]
    [TestCase(new[] { 2, 0, 0, 0 }, 1)]
    [TestCase(new[] { -2, 0, 0, 0 }, 0)]
    [TestCase(new[] { -3, 0, 0, 0 }, -1)]
    [TestCase(new[] { 1, 1, 2 }, 1)]
    [TestCase(new[] { -1, -1, -2 }, -1)]
    [TestCase(new[] { int.MaxValue, int.MaxValue, int.MaxValue }, int.MaxValue)]
    [TestCase(new[] { int.MinValue, int.MinValue }, int.MinValue)]
    [TestCase(new[] { 7 }, 7)]
    public void The_mean_is_rounded_half_up(int[] values, int expected) => Assert.That(MeanOf(values), Is.EqualTo(expected));

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool It_equals_the_definition_in_big_integers_whatever_the_order(int first, int[] others)
    {
        int[] values = [first, .. others];
        BigInteger sum = values.Aggregate(BigInteger.Zero, (total, value) => total + value);
        BigInteger numerator = (2 * sum) + values.Length;
        BigInteger denominator = 2 * values.Length;
        BigInteger floor = BigInteger.DivRem(numerator, denominator, out BigInteger rest) - (rest.Sign < 0 ? 1 : 0);
        return MeanOf(values) == (int)floor && MeanOf([.. values.Reverse()]) == (int)floor;
    }

    [Test]
    public void States_that_differ_in_their_tensors_have_no_mean()
    {
        ModelState one = State("w", new Tensor(TensorType.Int32, 2, 1));
        Assert.Multiple(() =>
        {
            Assert.That(() => StateMean.Of(AggregationRule.IntegerMean, [one, State("v", new Tensor(TensorType.Int32, 2, 1))]), Throws.InstanceOf<TrainingException>());
            Assert.That(() => StateMean.Of(AggregationRule.IntegerMean, [one, State("w", new Tensor(TensorType.Int32, 1, 2))]), Throws.InstanceOf<TrainingException>());
            Assert.That(() => StateMean.Of(AggregationRule.IntegerMean, [one, new ModelState([])]), Throws.InstanceOf<TrainingException>());
            Assert.That(() => StateMean.Of(AggregationRule.IntegerMean, []), Throws.InstanceOf<TrainingException>());
            Assert.That(() => StateMean.Of(AggregationRule.IntegerMean, [new ModelState([]), one]), Throws.InstanceOf<TrainingException>(), "more tensors than the first");
        });
    }

    private static int MeanOf(int[] values)
    {
        IReadOnlyList<ModelState> states = [.. values.Select(value =>
        {
            Tensor tensor = new(TensorType.Int32, 1, 1);
            tensor.Int32[0] = value;
            return State("w", tensor);
        })];
        return StateMean.Of(AggregationRule.IntegerMean, states).Tensors[0].Tensor.Int32[0];
    }

    private static ModelState State(string name, Tensor tensor) => new([(name, tensor)]);
}
