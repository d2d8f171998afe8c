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
    [TestCase(new[] { -0f, -0f }, 0f)]
    [TestCase(new[] { float.MaxValue, float.MaxValue }, float.MaxValue, Description = "no overflow in between")]
    [TestCase(new[] { 5f, 1f, 3f }, 3f, Description = "of three the middle one")]
    [TestCase(new[] { 1f, 2f, 4f, 1e30f }, 3f, Description = "one at each end of four")]
    [TestCase(new[] { 1f, 2f, 3f, 4f, -1e30f }, 2f, Description = "one at each end of five")]
    [TestCase(new[] { 1f, 2f, 3f, 4f, 5f, 6f, 1e30f, 1e30f }, 4.5f, Description = "two at each end of eight")]
    [TestCase(new[] { 16_777_216f, 1f, 1f, 1f, 16_777_216f, 1f, 1f, 16_777_216f }, 4_194_304.8f, Description = "binary32 would lose the ones")]
    [TestCase(new[] { float.Epsilon, 0f }, 0f, Description = "half of the least number is even zero")]
    [TestCase(new[] { 3f, Nan, 5f, Inf, -Inf }, 4f, Description = "what is not finite takes no part")]
    [TestCase(new[] { Nan, Inf }, 0f, Description = "none is left")]
    public void The_mean_is_the_rounded_one_of_what_is_not_left_out(float[] values, float expected) =>
        Assert.That(BitConverter.SingleToInt32Bits(MeanOf(values)), Is.EqualTo(BitConverter.SingleToInt32Bits(expected)));

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool It_equals_the_definition_on_decimals_whatever_the_order_of_the_units(int first, int[] others)
    {
        int[] numbers = [.. others.Prepend(first).Select(static number => number % (1 << 20))];
        int trimmed = numbers.Length == 3 ? 1 : numbers.Length / 4;
        decimal[] kept = [.. numbers.Order().Skip(trimmed).SkipLast(trimmed).Select(static number => (decimal)number)];
        float expected = (float)(double)(kept.Sum() / kept.Length);
        float[] values = [.. numbers.Select(static number => (float)number)];
        return MeanOf(values) == expected && MeanOf([.. values.Reverse()]) == expected;
    }

    /// <summary>The property that the rule is for.</summary>
    [Test]
    public void Fewer_than_a_quarter_of_liars_cannot_move_a_number_beyond_the_honest_ones([Range(1, 40)] int seed)
    {
        Random random = new(seed);
        int units = random.Next(3, 33);
        int liars = units == 3 ? 1 : units / 4;
        float[] honest = [.. Enumerable.Range(0, units - liars).Select(_ => random.NextSingle())];
        float[] lies = [.. Enumerable.Range(0, liars).Select(_ => random.Next(3) switch { 0 => 1e30f, 1 => -1e30f, _ => float.MaxValue })];
        float[] all = [.. honest, .. lies];
        random.Shuffle(all);
        Assert.That(MeanOf(all), Is.InRange(honest.Min(), honest.Max()));
    }

    [Test]
    public void States_of_another_kind_than_the_jobs_take_no_part()
    {
        ModelState[] mine = [State("w", 1, 1), State("w", 1, 3)];
        Assert.Multiple(() =>
        {
            Assert.That(Mean([.. mine, State("v", 1, 9)]), Is.EqualTo(("w", 2f)), "another name");
            Assert.That(Mean([State("w", 2, 9), .. mine]), Is.EqualTo(("w", 2f)), "another shape");
            Assert.That(Mean([new ModelState([]), .. mine]), Is.EqualTo(("w", 2f)), "no tensors");
            Assert.That(Mean([State("v", 1, 9), State("v", 1, 9), State("w", 1, 1)]), Is.EqualTo(("w", 1f)), "even if they are most");
            Assert.That(() => Mean([State("v", 1, 9)]), Throws.TypeOf<TrainingException>(), "none is left");
            Assert.That(() => StateMean.Of(AggregationRule.TrimmedMean, mine), Throws.TypeOf<TrainingException>(), "nobody said which job");
            Assert.That(() => Mean([]), Throws.TypeOf<TrainingException>());
        });
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
        Assert.That(StateMean.Of(AggregationRule.TrimmedMean, states, states[0]).Tensors[0].Tensor.Int64[0], Is.EqualTo(expected));
    }

    [TestCase(AggregationRule.TrimmedMean, TensorType.Int32)]
    [TestCase(AggregationRule.TrimmedMean, TensorType.Int8)]
    [TestCase(AggregationRule.IntegerMean, TensorType.Float32)]
    [TestCase((AggregationRule)9, TensorType.Float32)]
    public void A_rule_refuses_tensors_that_it_does_not_know(AggregationRule rule, TensorType type) => Assert.That(
        () => StateMean.Of(rule, [new ModelState([("w", new Tensor(type, 1, 1))])], new ModelState([("w", new Tensor(type, 1, 1))])), Throws.TypeOf<TrainingException>().With.Message.Contains("'w'").Or.Message.Contains(" w "));

    private static (string Name, float Value) Mean(ModelState[] states)
    {
        (string name, Tensor tensor) = StateMean.Of(AggregationRule.TrimmedMean, states, State("w", 1, 0)).Tensors[0];
        return (name, tensor.Float32[0]);
    }

    private static ModelState State(string name, int rows, float value)
    {
        Tensor tensor = new(TensorType.Float32, rows, 1);
        tensor.Float32.Fill(value);
        return new ModelState([(name, tensor)]);
    }

    private static float MeanOf(float[] values)
    {
        IReadOnlyList<ModelState> states = [.. values.Select(static value =>
        {
            Tensor tensor = new(TensorType.Float32, 1, 1);
            tensor.Float32[0] = value;
            return new ModelState([("w", tensor)]);
        })];
        return StateMean.Of(AggregationRule.TrimmedMean, states, states[0]).Tensors[0].Tensor.Float32[0];
    }
}
