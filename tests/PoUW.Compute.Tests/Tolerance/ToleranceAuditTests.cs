using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;

namespace PoUW.Compute.Tests.Tolerance;

/// <summary>Comparison, calibration and drift on plain states: a trained tensor, one that only noise changes, and a counter.</summary>
public sealed class ToleranceAuditTests
{
    private const int Length = 64;

    private static readonly StateDict Before = State(static _ => 1f, static _ => 0f, 8);

    /// <summary>The trained tensor moves by 0.1 an element, the noise by 1e-7.</summary>
    private static readonly StateDict After = State(static i => 1 + (i % 2 == 0 ? 0.1f : -0.1f), static i => i % 2 == 0 ? 1e-7f : -1e-7f, 16);

    private static readonly ToleranceBounds Bounds = new(new Dictionary<string, TensorBound>
    {
        ["w"] = new(Largest: 0.02, Relative: 0.01),
        ["b"] = TensorBound.OfNoise(1e-6),
    });

    [Test]
    public void Honest_runs_are_accepted()
    {
        Assert.That(ToleranceAudit.Compare(Before, After, After, Bounds).Accepted);
        StateDict other = Changed(static (value, _, i) => value + (i % 3 == 0 ? 5e-4f : 0));
        ToleranceVerdict verdict = ToleranceAudit.Compare(Before, other, After, Bounds);
        Assert.That(verdict.Accepted, verdict.Reason);
        TensorDifference weights = verdict.Differences.Single(static difference => difference.Name == "w");
        Assert.That(weights.Absolute, Is.EqualTo(5e-4).Within(1e-6));
        Assert.That(weights.Largest, Is.EqualTo(5e-3).Within(1e-5));
        Assert.That(weights.Relative, Is.EqualTo(5e-3 * Math.Sqrt(22 / 64.0)).Within(1e-5));
        Assert.That(ToleranceAudit.Compare(Before, new StateDict(After.Reverse()), After, Bounds).Accepted, "their order does not matter");
    }

    [TestCase("nothing done", "'w'")]
    [TestCase("one percent less", "'w'")]
    [TestCase("turned", "'w'")]
    [TestCase("one weight", "'w'")]
    [TestCase("noise everywhere", "'w'")]
    [TestCase("not a number", "'w'")]
    [TestCase("infinite", "'w'")]
    [TestCase("a bias that is not noise", "'b'")]
    [TestCase("a counter", "'n' counts")]
    [TestCase("a tensor less", "other tensors")]
    [TestCase("a tensor more", "other tensors")]
    [TestCase("another name", "other tensors")]
    [TestCase("another shape", "'w' has another shape")]
    [TestCase("another type", "'w' has another shape")]
    public void Lies_are_refused(string lie, string part)
    {
        StateDict claimed = lie switch
        {
            "nothing done" => Replace("w", Before["w"]),
            "one percent less" => Changed(static (value, before, _) => before + (0.989f * (value - before))),
            "turned" => Changed(static (value, before, _) => before - (value - before)),
            "one weight" => Changed(static (value, _, i) => i == 7 ? value + 0.003f : value),
            "noise everywhere" => Changed(static (value, _, i) => value + (i % 4 < 2 ? 0.0011f : -0.0011f)),
            "not a number" => Changed(static (value, _, i) => i == 7 ? float.NaN : value),
            "infinite" => Changed(static (value, _, i) => i == 7 ? float.NegativeInfinity : value),
            "a bias that is not noise" => Replace("b", StateTensor.FromFloat32([.. Enumerable.Repeat(2e-6f, 4)], 4)),
            "a counter" => Replace("n", StateTensor.FromInt64([15])),
            "a tensor less" => new StateDict(After.Skip(1)),
            "a tensor more" => new StateDict([.. After, new("x", StateTensor.FromFloat32([1f], 1))]),
            "another name" => new StateDict(After.Select(static item => item.Key == "w" ? KeyValuePair.Create("x", item.Value) : item)),
            "another shape" => Replace("w", StateTensor.FromFloat32(After["w"].ToFloat32(), Length, 1)),
            _ => Replace("w", StateTensor.FromFloat64(new double[Length], Length)),
        };
        ToleranceVerdict verdict = ToleranceAudit.Compare(Before, claimed, After, Bounds);
        Assert.That(verdict.Accepted, Is.False);
        Assert.That(verdict.Reason, Does.Contain(part));
    }

    /// <summary>Near the end of a training: what storing the numbers leaves is large beside the update, and is no lie.</summary>
    [TestCase(3, true)]
    [TestCase(6, false)]
    public void Units_in_the_last_place_are_no_difference(int units, bool accepted)
    {
        StateDict after = Changed(static (_, _, i) => 1 + (i % 2 == 0 ? 2e-6f : 0));
        StateDict claimed = new(after.Select(item => item.Key == "w"
            ? KeyValuePair.Create(item.Key, StateTensor.FromFloat32([.. item.Value.ToFloat32().Select(value => value + (units * MathF.ScaleB(1, -23)))], Length))
            : item));
        Assert.That(ToleranceAudit.Compare(Before, claimed, after, Bounds).Accepted, Is.EqualTo(accepted));
        Assert.That(ToleranceAudit.Compare(Before, Before, after, Bounds).Accepted, Is.False, "nothing done");
    }

    /// <summary>An auditor that cannot tell must not convict.</summary>
    [Test]
    public void A_replay_that_judges_nobody_is_no_verdict()
    {
        Assert.That(() => ToleranceAudit.Compare(Before, After, Changed(static (_, _, i) => i == 3 ? float.NaN : 1), Bounds), Throws.TypeOf<ToleranceException>());
        Assert.That(() => ToleranceAudit.Compare(new StateDict(Before.Skip(1)), After, After, Bounds), Throws.TypeOf<ToleranceException>());
        StateDict small = new(Before.Select(static item => item.Key == "w" ? new(item.Key, StateTensor.FromFloat32([1f], 1)) : item));
        Assert.That(() => ToleranceAudit.Compare(small, After, After, Bounds), Throws.TypeOf<ToleranceException>());
        ToleranceBounds lacking = new(Bounds.Tensors.Where(static item => item.Key == "w").ToDictionary());
        Assert.That(() => ToleranceAudit.Compare(Before, Before, After, lacking), Throws.TypeOf<ToleranceException>().With.Message.Contains("'b'"));
    }

    [Test]
    public void Bounds_are_eight_times_what_honest_runs_differ_by()
    {
        StateDict other = Changed(static (value, _, i) => value + (i == 0 ? 1e-3f : 0));
        ToleranceBounds bounds = ToleranceAudit.Calibrate([(Before, After, After), (Before, After, other)]);
        Assert.That(bounds.Tensors["w"].Largest, Is.EqualTo(0.08).Within(1e-4));
        Assert.That(bounds.Tensors["w"].Relative, Is.EqualTo(0.01).Within(1e-5));
        Assert.That(bounds.Tensors.Keys, Is.EquivalentTo(new[] { "w", "b" }), "counters are compared exactly");
        Assert.That(bounds.Validate().IsValid);
    }

    [Test]
    public void Runs_with_equal_bits_give_the_least_bounds()
    {
        TensorBound bound = ToleranceAudit.Calibrate([(Before, After, After)]).Tensors["w"];
        Assert.That(bound, Is.EqualTo(new TensorBound(TensorBound.LeastLargest, TensorBound.LeastRelative)));
    }

    [Test]
    public void A_tensor_that_only_noise_changes_is_bounded_absolutely()
    {
        StateDict other = Replace("b", StateTensor.FromFloat32([2e-7f, -2e-7f, 1e-7f, 0], 4));
        TensorBound bound = ToleranceAudit.Calibrate([(Before, After, other)]).Tensors["b"];
        Assert.That(bound.Noise, Is.EqualTo(1.6e-6).Within(1e-9));
        Assert.That((bound.Largest, bound.Relative), Is.EqualTo((double.PositiveInfinity, double.PositiveInfinity)));
    }

    [Test]
    public void Runs_that_differ_as_much_as_lies_give_no_bounds()
    {
        StateDict far = Changed(static (value, before, _) => value + (0.02f * (value - before)));
        Assert.That(() => ToleranceAudit.Calibrate([(Before, After, far)]), Throws.TypeOf<ToleranceException>().With.Message.Contains("'w'"));
        Assert.That(() => ToleranceAudit.Calibrate([]), Throws.TypeOf<ToleranceException>());
        Assert.That(() => ToleranceAudit.Calibrate([(Before, After, Replace("n", StateTensor.FromInt64([15])))]), Throws.TypeOf<ToleranceException>().With.Message.Contains("'n'"));
        Assert.That(() => ToleranceAudit.Calibrate([(Before, After, Changed(static (_, _, _) => float.NaN))]), Throws.TypeOf<ToleranceException>());
        Assert.That(() => ToleranceAudit.Calibrate([(Before, After, new StateDict(After.Skip(1)))]), Throws.TypeOf<ToleranceException>());
    }

    /// <summary>Half of what one unit may differ by: with the update, or across it.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public void Lies_within_the_bounds_that_push_one_way_add_up(bool along)
    {
        StateDict claimed = Changed((value, before, i) => along ? value - (0.005f * (value - before)) : value + (i % 4 < 2 ? 5e-4f : -5e-4f));
        Assert.That(ToleranceAudit.Compare(Before, claimed, After, Bounds).Accepted);
        DriftWatch liar = new(Bounds);
        Assert.That(Enumerable.Range(0, 8).Any(_ => liar.Add(Before, claimed, After)));
        DriftWatch worker = new(Bounds);
        StateDict[] honest = [Changed(static (value, _, i) => value + (i % 4 < 2 ? 5e-4f : -5e-4f)), Changed(static (value, _, i) => value - (i % 4 < 2 ? 5e-4f : -5e-4f))];
        Assert.That(Enumerable.Range(0, 8).Any(unit => worker.Add(Before, honest[unit % 2], After)), Is.False, "what cancels does not add up");
    }

    [Test]
    public void Noise_that_pushes_one_way_adds_up_and_then_starts_anew()
    {
        StateDict claimed = Replace("b", StateTensor.FromFloat32([7e-7f, -1e-7f, 1e-7f, -1e-7f], 4));
        DriftWatch watch = new(Bounds);
        Assert.That(Enumerable.Range(0, 10).Select(_ => Add()).ToArray(), Is.EqualTo(new[] { false, false, false, false, true, false, false, false, false, true }));

        bool Add() => watch.Add(Before, claimed, After);
    }

    [Test]
    public void States_that_do_not_belong_together_are_not_added()
    {
        DriftWatch watch = new(Bounds);
        StateDict half = Changed(static (value, before, _) => value - (0.0095f * (value - before)));
        Assert.That(watch.Add(Before, half, After), Is.False);
        Refused(Before, new StateDict(After.Skip(1)), After);
        Refused(new StateDict(Before.Skip(1)), After, After);
        Refused(Before, Changed(static (_, _, _) => float.NaN), After);
        Refused(Before, After, Changed(static (_, _, _) => float.PositiveInfinity));
        Refused(Short(Before), Short(After), Short(After));
        Assert.That(() => new DriftWatch(new(new Dictionary<string, TensorBound> { ["w"] = new(1, 1) })).Add(Before, After, After), Throws.TypeOf<ToleranceException>());
        Assert.That(watch.Add(Before, half, After), "what came before counts");

        void Refused(StateDict before, StateDict claimed, StateDict replayed) =>
            Assert.That(() => watch.Add(before, claimed, replayed), Throws.TypeOf<ToleranceException>());
    }

    /// <summary>Bounds are eight times what was measured: two honest devices that always differ by that much, in one direction.</summary>
    [Test]
    public void A_difference_that_was_measured_may_be_steady()
    {
        StateDict claimed = Replace("b", StateTensor.FromFloat32([.. After["b"].ToFloat32().Select(static value => value + 1.2e-7f)], 4));
        StateDict steady = new(claimed.Select(static item => item.Key == "w"
            ? KeyValuePair.Create(item.Key, StateTensor.FromFloat32([.. item.Value.ToFloat32().Select(static (value, i) => value + (i % 4 < 2 ? 1.2e-4f : -1.2e-4f))], Length))
            : item));
        DriftWatch watch = new(Bounds);
        Assert.That(Enumerable.Range(0, 400).Any(_ => watch.Add(Before, steady, After)), Is.False);
    }

    [Test]
    public void Noise_in_any_direction_does_not_add_up()
    {
        Random random = new(3);
        DriftWatch watch = new(Bounds);
        Assert.That(Enumerable.Range(0, 400).Any(_ => watch.Add(Before, Changed((value, _, _) => value + (random.Next(2) == 0 ? 5e-4f : -5e-4f)), After)), Is.False);
    }

    [TestCase(8 * (Length + 4), true)]
    [TestCase((8 * (Length + 4)) - 1, false)]
    public void A_state_too_large_for_its_memory_is_not_watched(long maxBytes, bool watched)
    {
        StateDict claimed = Changed(static (value, before, _) => value - (0.0095f * (value - before)));
        DriftWatch watch = new(Bounds, maxBytes);
        Assert.That(Enumerable.Range(0, 8).Any(_ => watch.Add(Before, claimed, After)), Is.EqualTo(watched));
        Assert.That(() => watch.Add(Before, new StateDict(After.Skip(1)), After), Throws.TypeOf<ToleranceException>(), "it is checked nevertheless");
    }

    /// <summary>Two units in the last place of each number: to an audit they are no difference, so nobody need train.</summary>
    [TestCase(2, true)]
    [TestCase(5000, false)]
    public void A_unit_that_changes_too_little_gives_no_bounds(int units, bool refused)
    {
        StateDict after = new(Changed((_, _, _) => 1 + (units * MathF.ScaleB(1, -23))).Select(static item => item.Key == "b" ? new(item.Key, Before["b"]) : item));
        Func<ToleranceBounds> measure = () => ToleranceAudit.Calibrate([(Before, After, After), (Before, after, after)]);
        Assert.That(ToleranceAudit.Compare(Before, new StateDict([.. Before.Where(static item => item.Key != "n"), new("n", after["n"])]), after, Bounds).Accepted, Is.EqualTo(refused), "nothing done but the counter");
        Assert.That(() => ToleranceAudit.RequireWork(Before, after, Bounds), refused ? Throws.TypeOf<ToleranceException>().With.Message.Contains("nothing was done") : Throws.Nothing);
        Assert.That(() => measure(), refused ? Throws.TypeOf<ToleranceException>().With.Message.Contains("nothing was done") : Throws.Nothing);
    }

    private static StateDict Short(StateDict state) =>
        new(state.Select(static item => item.Key == "w" ? new(item.Key, StateTensor.FromFloat32([1f], 1)) : item));

    private static StateDict State(Func<int, float> weights, Func<int, float> noise, long count) => new([
        new("b", StateTensor.FromFloat32([.. Enumerable.Range(0, 4).Select(noise)], 4)),
        new("n", StateTensor.FromInt64([count])),
        new("w", StateTensor.FromFloat32([.. Enumerable.Range(0, Length).Select(weights)], Length)),
    ]);

    private static StateDict Replace(string name, StateTensor tensor) => new(After.Select(item => item.Key == name ? KeyValuePair.Create(name, tensor) : item));

    /// <summary>The state after with another trained tensor.</summary>
    private static StateDict Changed(Func<float, float, int, float> change)
    {
        float[] before = Before["w"].ToFloat32();
        return Replace("w", StateTensor.FromFloat32([.. After["w"].ToFloat32().Select((value, i) => change(value, before[i], i))], Length));
    }
}
