using PoUW.Core.Jobs;
using PoUW.Training.Aggregation;
using PoUW.Training.Execution;
using PoUW.Vm.Tensors;

namespace PoUW.Training.Tests.Aggregation;

[TestFixture]
public sealed class TrimmedMeanTests
{
    private const float Nan = float.NaN;
    private const float Inf = float.PositiveInfinity;

    [TestCase(new[] { 1f, 2f }, 1.5f)]
    [TestCase(new[] { 0.1f }, 0.1f)]
    [TestCase(new[] { float.MaxValue, float.MaxValue, float.MaxValue }, float.MaxValue, Description = "no overflow in between")]
    [TestCase(new[] { 16_777_216f, 1f, 1f }, 5_592_406f, Description = "binary32 would lose the ones")]
    [TestCase(new[] { float.Epsilon, 0f }, 0f, Description = "half of the least number is even zero")]
    [TestCase(new[] { 3f, Nan, 5f, Inf, -Inf }, 4f, Description = "what is not finite takes no part")]
    [TestCase(new[] { Nan, Inf }, 0f, Description = "none is left")]
    public void The_mean_is_the_rounded_one_of_the_finite_numbers(float[] values, float expected) =>
        Assert.That(BitConverter.SingleToInt32Bits(MeanOf(values)), Is.EqualTo(BitConverter.SingleToInt32Bits(expected)));

    [Test]
    public void Sums_are_taken_in_the_order_of_the_units()
    {
        // In binary64 2^60 + 1 is 2^60, so the order decides.
        float[] first = [MathF.ScaleB(1, 60), 1, -MathF.ScaleB(1, 60), 1];
        Assert.Multiple(() =>
        {
            Assert.That(MeanOf(first), Is.EqualTo(0.25f));
            Assert.That(MeanOf([first[0], first[2], first[1], first[3]]), Is.EqualTo(0.5f));
        });
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool It_equals_the_definition_on_decimals(int first, int[] others)
    {
        int[] numbers = [.. others.Prepend(first).Select(static number => number % (1 << 20))];
        decimal exact = numbers.Sum(static number => (decimal)number) / numbers.Length;
        return MeanOf([.. numbers.Select(static number => (float)number)]) == (float)(double)exact;
    }

    [TestCase(new[] { 7L, 7L, 7L }, 7L)]
    [TestCase(new[] { 7L, 9L, 7L }, 7L)]
    [TestCase(new[] { 7L, 9L }, 7L)]
    [TestCase(new[] { long.MaxValue, 7L, long.MinValue, 8L }, 7L)]
    public void Counters_take_the_lower_median(long[] values, long expected)
    {
        IReadOnlyList<ModelState> states = [.. values.Select(static value =>
        {
            Tensor tensor = new(TensorType.Int64, 1, 1);
            tensor.Int64[0] = value;
            return new ModelState([("n", tensor)]);
        })];
        Assert.That(StateMean.Of(AggregationRule.TrimmedMean, states).Tensors[0].Tensor.Int64[0], Is.EqualTo(expected));
    }

    [TestCase(AggregationRule.TrimmedMean, TensorType.Int32)]
    [TestCase(AggregationRule.TrimmedMean, TensorType.Int8)]
    [TestCase(AggregationRule.IntegerMean, TensorType.Float32)]
    [TestCase((AggregationRule)9, TensorType.Float32)]
    public void A_rule_refuses_tensors_that_it_does_not_know(AggregationRule rule, TensorType type) => Assert.That(
        () => StateMean.Of(rule, [new ModelState([("w", new Tensor(type, 1, 1))])]), Throws.TypeOf<TrainingException>().With.Message.Contains("'w'").Or.Message.Contains(" w "));

    private static float MeanOf(float[] values)
    {
        IReadOnlyList<ModelState> states = [.. values.Select(static value =>
        {
            Tensor tensor = new(TensorType.Float32, 1, 1);
            tensor.Float32[0] = value;
            return new ModelState([("w", tensor)]);
        })];
        return StateMean.Of(AggregationRule.TrimmedMean, states).Tensors[0].Tensor.Float32[0];
    }
}
