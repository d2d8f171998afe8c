using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;

namespace PoUW.Compute.Tests.Tolerance;

/// <summary>Bounds before a job: measured by its client, checked by its workers.</summary>
public sealed class ToleranceProbeTests
{
    private const ulong Steps = 16;

    [TestCase(ToleranceScene.Perceptron)]
    [TestCase(ToleranceScene.Convolution)]
    public void Measured_bounds_are_taken(string module)
    {
        ToleranceRecipe recipe = ToleranceScene.Recipe with { Class = new(module, ToleranceScene.Devices) };
        ToleranceProgram program = new(recipe, Measure(recipe));
        using IToleranceUnits units = ToleranceScene.Open(recipe);
        StateDict before = units.Run(units.InitialState(), 0, Steps, default).After;
        ToleranceUnit unit = ToleranceProbe.Check(units, program, before, Steps, Steps, default);
        Assert.That(ToleranceScene.Text(unit.After), Is.EqualTo(ToleranceScene.Text(units.Run(before, Steps, Steps, default).After)));
        Assert.That(program.Validate().IsValid);
        Assert.That(program.Bounds.Tensors.Values.Where(static bound => bound.Noise is null).Select(static bound => bound.Relative), Is.All.LessThan(0.1).And.All.AtLeast(TensorBound.LeastRelative));
    }

    [Test]
    public void Measured_bounds_tell_lies()
    {
        ToleranceBounds bounds = Measure(ToleranceScene.Recipe);
        using IToleranceUnits units = ToleranceScene.Open();
        StateDict before = units.InitialState();
        StateDict after = units.Run(before, 0, Steps, default).After;
        StateDict[] lies =
        [
            before,
            units.Run(before, 0, Steps - 1, default).After,
            units.Run(before, 1, Steps, default).After,
            ToleranceScene.Changed(after, (name, value, i) => before[name].ToFloat32()[i] + (0.99f * (value - before[name].ToFloat32()[i]))),
        ];
        Assert.That(ToleranceAudit.Compare(before, units.Run(before, 0, Steps, default).After, after, bounds).Accepted);
        Assert.That(lies.Select(lie => ToleranceAudit.Compare(before, lie, after, bounds).Accepted), Is.All.False);
    }

    [Test]
    public void A_measurement_needs_engines_and_units()
    {
        Assert.That(() => ToleranceCalibration.Measure([], ToleranceScene.Recipe, ToleranceScene.Data, 1, Steps, 1), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => Measure(ToleranceScene.Recipe, units: 0), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => Measure(ToleranceScene.Recipe with { Class = new("unknown", "any") }), Throws.TypeOf<ToleranceException>());
        Assert.That(
            () => ToleranceCalibration.Measure([ToleranceScene.Engine], ToleranceScene.Recipe, ToleranceScene.Data, 1, Steps, 1, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Engines_that_start_from_other_states_are_not_measured()
    {
        Func<ReproducibleEngine> engine = static () => ToleranceScene.Engine;
        Assert.That(
            () => ToleranceCalibration.Measure([engine(), new ShiftedEngine(engine(), static state => ToleranceScene.Changed(state, static (_, value, _) => value + 1))], ToleranceScene.Recipe, ToleranceScene.Data, 1, 2, 1),
            Throws.TypeOf<ToleranceException>().With.Message.Contains("otherwise"));
        Assert.That(
            () => ToleranceCalibration.Measure([engine(), new ShiftedEngine(engine(), static state => new StateDict(state.Skip(1)))], ToleranceScene.Recipe, ToleranceScene.Data, 1, 2, 1),
            Throws.TypeOf<ToleranceException>().With.Message.Contains("1.bias"));
    }

    /// <summary>A positional table that one device computes with another sine: every honest record would start from another root.</summary>
    [Test]
    public void Engines_whose_buffers_start_otherwise_are_not_measured()
    {
        ShiftedEngine other = new(ToleranceScene.Engine, static state => ToleranceScene.Changed(
            state, static (name, value, i) => name == "1.running_var" && i == 2 ? MathF.BitIncrement(value) : value));
        Assert.That(
            () => ToleranceCalibration.Measure([ToleranceScene.Engine, other], ToleranceScene.ConvolutionRecipe, ToleranceScene.Data, 1, 2, 1),
            Throws.TypeOf<ToleranceException>().With.Message.Contains("'1.running_var' otherwise"));
    }

    /// <summary>Without momentum, and with a rate that moves no number by more than four units in its last place.</summary>
    [Test]
    public void A_job_whose_units_need_not_be_done_is_refused()
    {
        ToleranceRecipe working = ToleranceScene.Recipe with { Momentum = 0 };
        ToleranceRecipe idle = working with { LearningRate = 1e-11f };
        ShiftedEngine engine = new(ToleranceScene.Engine, static state => ToleranceScene.Changed(state, static (_, value, _) => value == 0 ? 0.5f : value));
        Assert.That(
            () => ToleranceCalibration.Measure([engine], idle, ToleranceScene.Data, 1, Steps, 2),
            Throws.TypeOf<ToleranceException>().With.Message.Contains("nothing was done"), "its client sees it too");
        using IToleranceUnits units = engine.Open(idle, ToleranceScene.Data, ToleranceScene.Order, 1);
        ToleranceBounds wide = new(units.InitialState().Names.ToDictionary(static name => name, static _ => new TensorBound(10, 0.9)));
        Assert.That(
            () => ToleranceProbe.Check(units, new(idle, wide), units.InitialState(), 0, Steps, default),
            Throws.TypeOf<ToleranceException>().With.Message.Contains("nothing was done"));
        using IToleranceUnits others = ToleranceScene.Open(working);
        Assert.That(() => ToleranceProbe.Check(others, new(working, Measure(working)), others.InitialState(), 0, Steps, default), Throws.Nothing);
    }

    [Test]
    public void Bounds_that_admit_that_nothing_was_done_are_refused()
    {
        using IToleranceUnits units = ToleranceScene.Open();
        ToleranceBounds all = new(units.InitialState().Names.ToDictionary(static name => name, static _ => new TensorBound(1e6, 1.5)));
        Assert.That(() => Check(units, all), Throws.TypeOf<ToleranceException>().With.Message.Contains("nothing was done"));
    }

    [Test]
    public void Runs_on_several_engines_widen_the_bounds()
    {
        ToleranceBounds alone = Measure(ToleranceScene.Recipe);
        ToleranceBounds both = ToleranceCalibration.Measure(
            [ToleranceScene.Engine, new ShiftedEngine(ToleranceScene.Engine, static state => state, static (_, value, i) => i == 3 ? value * 1.005f : value)],
            ToleranceScene.Recipe, ToleranceScene.Data, ToleranceScene.Seed, Steps, 1);
        Assert.That(both.Tensors["1.weight"].Largest, Is.GreaterThan(alone.Tensors["1.weight"].Largest * 2));
    }

    [Test]
    public void A_job_that_is_chaotic_is_refused()
    {
        ToleranceRecipe wild = ToleranceScene.ConvolutionRecipe with { LearningRate = 30 };
        Assert.That(() => Measure(wild), Throws.TypeOf<ToleranceException>(), "its client sees it too");
        using IToleranceUnits units = ToleranceScene.Open(wild);
        ToleranceProgram program = new(wild, Measure(ToleranceScene.ConvolutionRecipe));
        Assert.That(
            () => ToleranceProbe.Check(units, program, units.InitialState(), 0, Steps, default),
            Throws.TypeOf<ToleranceException>().With.Message.Contains("Rounding errors"));
    }

    /// <summary>Bounds above the floor that rounding errors alone break half of.</summary>
    [Test]
    public void Bounds_that_rounding_errors_break_are_refused()
    {
        using IToleranceUnits units = ToleranceScene.Open(ToleranceScene.ConvolutionRecipe);
        StateDict before = units.InitialState();
        ToleranceUnit exact = units.Run(before, 0, Steps, default);
        ToleranceBounds wide = new(FloatNames(before).ToDictionary(static name => name, static name => new TensorBound(1e6, name == "4.weight" ? 0.5 : 1e6)));
        IReadOnlyList<TensorDifference> differences = ToleranceAudit.Compare(before, units.Run(RoundingErrors.Add(before, 1), 0, Steps, default).After, exact.After, wide).Differences;
        TensorDifference worst = differences.MaxBy(static difference => difference.Relative)!;
        Assert.That(worst.Relative, Is.GreaterThan(2 * TensorBound.LeastRelative), "the scene has a tensor that this tells");
        ToleranceBounds tight = new(wide.Tensors.ToDictionary(
            static item => item.Key, item => item.Key == worst.Name ? item.Value with { Relative = worst.Relative } : item.Value));
        Assert.That(
            () => ToleranceProbe.Check(units, new(ToleranceScene.ConvolutionRecipe, tight), before, 0, Steps, default),
            Throws.TypeOf<ToleranceException>().With.Message.Contains($"'{worst.Name}'"));
        Assert.That(() => ToleranceProbe.Check(units, new(ToleranceScene.ConvolutionRecipe, wide), before, 0, Steps, default), Throws.Nothing);
    }

    [TestCase(9.9e-4, 1)]
    [TestCase(1, 9.9e-3)]
    public void Bounds_below_what_fp32_leaves_are_refused_without_a_run(double relative, double largest)
    {
        using CountedUnits units = new();
        ToleranceBounds bounds = With(units.InitialState(), "1.weight", new TensorBound(largest, relative));
        Assert.That(() => Check(units, bounds), Throws.TypeOf<ToleranceException>().With.Message.Contains("'1.weight'"));
        Assert.That(units.Runs, Is.Zero);
    }

    [Test]
    public void Bounds_of_other_tensors_are_refused_without_a_run()
    {
        using CountedUnits units = new();
        ToleranceBounds bounds = With(units.InitialState(), "another", new TensorBound(1, 1));
        Assert.That(() => Check(units, bounds), Throws.TypeOf<ToleranceException>().With.Message.Contains("'another'"));
        ToleranceBounds less = new(bounds.Tensors.Where(static item => item.Key is not ("1.bias" or "another")).ToDictionary());
        Assert.That(() => Check(units, less), Throws.TypeOf<ToleranceException>().With.Message.Contains("'1.bias'"));
        Assert.That(units.Runs, Is.Zero);
    }

    [Test]
    public void A_bound_of_noise_has_no_floor_but_is_kept()
    {
        using IToleranceUnits units = ToleranceScene.Open();
        Assert.That(() => Check(units, With(units.InitialState(), "1.weight", TensorBound.OfNoise(1e-12))), Throws.TypeOf<ToleranceException>().With.Message.Contains("Rounding errors"));
        Assert.That(() => Check(units, With(units.InitialState(), "1.weight", TensorBound.OfNoise(1))), Throws.Nothing);
    }

    [Test]
    public void Rounding_errors_move_by_one_unit_in_the_last_place()
    {
        StateDict state = new([
            new("a", StateTensor.FromFloat32([.. Enumerable.Range(0, 300).Select(static i => i % 3 == 0 ? 0f : i - 150.5f)], 300)),
            new("b", StateTensor.FromFloat32([float.MaxValue, float.Epsilon, -float.MaxValue], 3)),
            new("n", StateTensor.FromInt64([7])),
        ]);
        StateDict moved = RoundingErrors.Add(state, 1);
        (float[] from, float[] to) = (state["a"].ToFloat32(), moved["a"].ToFloat32());
        int[] steps = [.. from.Zip(to, static (one, other) => BitConverter.SingleToInt32Bits(other) - BitConverter.SingleToInt32Bits(one))];
        Assert.That(steps.Distinct(), Is.EquivalentTo(new[] { -1, 0, 1 }));
        Assert.That(steps.Where(static (_, i) => i % 3 == 0), Is.All.Zero, "zeros");
        Assert.That(moved["b"].ToFloat32(), Is.All.Matches<float>(float.IsFinite));
        Assert.That(moved["n"].ToInt64(), Is.EqualTo(new[] { 7L }));
        Assert.That(ToleranceScene.Text(RoundingErrors.Add(state, 1)), Is.EqualTo(ToleranceScene.Text(moved)));
        Assert.That(ToleranceScene.Text(RoundingErrors.Add(state, 2)), Is.Not.EqualTo(ToleranceScene.Text(moved)));
    }

    private static ToleranceBounds Measure(ToleranceRecipe recipe, int units = 2) =>
        ToleranceCalibration.Measure([ToleranceScene.Engine], recipe, ToleranceScene.Data, ToleranceScene.Seed, Steps, units);

    private static ToleranceUnit Check(IToleranceUnits units, ToleranceBounds bounds) =>
        ToleranceProbe.Check(units, new(ToleranceScene.Recipe, bounds), units.InitialState(), 0, Steps, default);

    private static ToleranceBounds With(StateDict state, string name, TensorBound bound) =>
        new(new Dictionary<string, TensorBound>(FloatNames(state).ToDictionary(static key => key, static _ => new TensorBound(0.9, 0.9))) { [name] = bound });

    private static IEnumerable<string> FloatNames(StateDict state) =>
        state.Where(static item => item.Value.Type == StateTensorType.Float32).Select(static item => item.Key);
}
