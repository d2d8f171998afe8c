using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Tolerance;

/// <summary>Lane T on the kernels of lane R.</summary>
public sealed class ReproducibleEngineTests
{
    private static readonly ToleranceRecipe SoftmaxRecipe = ToleranceScene.Recipe with { Class = new(ToleranceScene.Softmax, ToleranceScene.Devices) };

    [TestCase(ToleranceScene.Perceptron)]
    [TestCase(ToleranceScene.Convolution)]
    [TestCase(ToleranceScene.WithDropout)]
    public void Two_runs_and_two_halves_give_the_same_bits(string module)
    {
        ToleranceRecipe recipe = ToleranceScene.Recipe with { Class = new(module, ToleranceScene.Devices) };
        using IToleranceUnits one = ToleranceScene.Open(recipe);
        using IToleranceUnits other = ToleranceScene.Open(recipe);
        ToleranceUnit whole = one.Run(one.InitialState(), 3, 20, default);
        ToleranceUnit again = one.Run(one.InitialState(), 3, 20, default);
        ToleranceUnit first = other.Run(other.InitialState(), 3, 9, default);
        ToleranceUnit second = other.Run(first.After, 12, 11, default);
        Assert.That(ToleranceScene.Text(again.After), Is.EqualTo(ToleranceScene.Text(whole.After)));
        Assert.That(ToleranceScene.Text(second.After), Is.EqualTo(ToleranceScene.Text(whole.After)));
        Assert.That((first.LossSum + second.LossSum, first.Correct + second.Correct, first.Samples + second.Samples), Is.EqualTo((whole.LossSum, whole.Correct, whole.Samples)));
        Assert.That((again.LossSum, again.Correct, again.Samples), Is.EqualTo((whole.LossSum, whole.Correct, 20UL * 32)));
        Assert.That(ToleranceScene.Text(one.Run(one.InitialState(), 4, 20, default).After), Is.Not.EqualTo(ToleranceScene.Text(whole.After)), "the batches are others");
    }

    [Test]
    public void The_initial_state_is_that_of_all_engines()
    {
        using IToleranceUnits units = ToleranceScene.Open(ToleranceScene.ConvolutionRecipe);
        StateDict expected = ToleranceState.Initial(
            [("0.weight", [4, 1, 3, 3]), ("0.bias", [4]), ("1.weight", [4]), ("1.bias", [4]), ("4.weight", [6, 144]), ("4.bias", [6])],
            [
                new("1.running_mean", StateTensor.FromFloat32(new float[4], 4)),
                new("1.running_var", StateTensor.FromFloat32([1, 1, 1, 1], 4)),
                new("1.num_batches_tracked", StateTensor.FromInt64([0])),
            ],
            ToleranceScene.Recipe.Momentum, ToleranceScene.Seed);
        Assert.That(ToleranceScene.Text(units.InitialState()), Is.EqualTo(ToleranceScene.Text(expected)));
    }

    [Test]
    public void Training_learns()
    {
        using IToleranceUnits units = ToleranceScene.Open();
        ToleranceUnit early = units.Run(units.InitialState(), 0, 8, default);
        ToleranceUnit late = units.Run(units.Run(early.After, 8, 80, default).After, 88, 8, default);
        Assert.That(late.Correct, Is.GreaterThan(late.Samples * 95 / 100).And.GreaterThan(early.Correct));
        Assert.That(late.LossSum, Is.LessThan(early.LossSum / 4));
    }

    /// <summary>The definition in the remarks of the recipe, in binary64.</summary>
    [TestCase(0.9f)]
    [TestCase(0f)]
    public void Steps_are_those_of_the_definition(float momentum)
    {
        const int Steps = 5;
        ToleranceRecipe recipe = SoftmaxRecipe with { Momentum = momentum, LearningRate = 0.3f };
        using IToleranceUnits units = ToleranceScene.Open(recipe);
        StateDict before = units.InitialState();
        ToleranceUnit unit = units.Run(before, 16, Steps, default);
        SoftmaxReference reference = new(recipe, before);
        reference.Run(16, Steps);
        Assert.That(unit.After["1.weight"].ToFloat32(), Is.EqualTo(reference.Weights).Within(1e-6));
        Assert.That(unit.After["1.bias"].ToFloat32(), Is.EqualTo(reference.Biases).Within(1e-6));
        Assert.That(unit.LossSum / 32768.0, Is.EqualTo(reference.LossBits).Within(reference.LossBits * 1e-3));
        Assert.That((unit.Correct, unit.Samples), Is.EqualTo((reference.Correct, (ulong)(Steps * recipe.BatchSize))));
        Assert.That(before.Names, Is.EqualTo(momentum == 0
            ? ["1.bias", "1.weight"]
            : new[] { "1.bias", "1.weight", "momentum.1.bias", "momentum.1.weight" }));
    }

    [Test]
    public void Images_with_channels_first_and_last_are_the_same_inputs()
    {
        (byte[] last, byte[] first, byte[] labels) = (new byte[64 * 48], new byte[64 * 48], new byte[64]);
        for (int i = 0; i < last.Length; i++)
        {
            (int sample, int pixel, int channel) = (i / 48, i % 48 / 3, i % 3);
            last[i] = (byte)(i * 7919 % 251);
            first[(sample * 48) + (channel * 16) + pixel] = last[i];
            labels[sample] = (byte)(sample % 6);
        }

        ReproducibleEngine engine = new("any", new Dictionary<string, Func<Module>>
        {
            ["rgb"] = static () => new Sequential(new Conv2d(3, 4, 3), new Flatten(), new Linear(16, 6)),
        });
        ToleranceRecipe recipe = ToleranceScene.Recipe with { Class = new("rgb", "any"), InputShape = [3, 4, 4] };
        string[] states = [.. new[] { Images([4, 4, 3], last), Images([3, 4, 4], first), Images([48], first), Images([4, 4, 3], first) }.Select(data =>
        {
            using IToleranceUnits units = engine.Open(recipe, data, ToleranceScene.Order, 1);
            return ToleranceScene.Text(units.Run(units.InitialState(), 0, 2, default).After);
        })];
        Assert.That(states[1], Is.EqualTo(states[0]));
        Assert.That(states[2], Is.EqualTo(states[0]));
        Assert.That(states[3], Is.Not.EqualTo(states[0]));

        Dataset Images(int[] shape, byte[] values) =>
            Dataset.FromColumns([(new DatasetColumn("images", TensorType.UInt8, shape), values), (new DatasetColumn("labels", TensorType.UInt8, [1]), labels)]);
    }

    [Test]
    public void A_recipe_that_does_not_fit_is_refused()
    {
        ToleranceRecipe recipe = ToleranceScene.Recipe;
        Refused(recipe with { Class = new("unknown", "any") }, "does not train");
        Refused(recipe with { Class = new(ToleranceScene.Perceptron, "others") }, "does not train");
        Refused(recipe with { InputColumn = "pixels" }, "pixels");
        Refused(recipe with { LabelColumn = "classes" }, "classes");
        Refused(recipe with { InputShape = [1, 8, 9] }, "72");
        Refused(recipe with { LabelColumn = "images", InputColumn = "labels" }, "");
        Refused(recipe with { BatchSize = 601 }, "601");
        Refused(recipe with { BatchSize = 0 }, "BatchSize");
        Refused(recipe with { Momentum = float.NaN }, "Momentum");
        Refused(recipe with { Class = new("no classes", "any") }, "classes");
        Refused(recipe with { Class = new("rows", "any"), InputShape = [8, 8] }, "logit");
        Refused(recipe with { Class = new("no bytes", "any") }, "");
    }

    [Test]
    public void A_column_of_other_numbers_is_refused()
    {
        Dataset floats = Dataset.FromColumns([
            (new DatasetColumn("images", TensorType.Float32, [64]), new byte[64 * 4 * 64]), (new DatasetColumn("labels", TensorType.UInt8, [1]), new byte[64])]);
        Assert.That(() => ToleranceScene.Open(data: floats), Throws.TypeOf<ToleranceException>().With.Message.Contains("UInt8"));
    }

    [Test]
    public void A_label_that_is_no_class_is_refused()
    {
        using IToleranceUnits units = ToleranceScene.Open(data: SyntheticImages.Create(ToleranceScene.Classes + 1, 600, ToleranceScene.Side, seed: 3));
        Assert.That(() => units.Run(units.InitialState(), 0, 2, default), Throws.TypeOf<ToleranceException>());
    }

    [Test]
    public void A_state_that_does_not_fit_is_refused()
    {
        using IToleranceUnits units = ToleranceScene.Open();
        StateDict state = units.InitialState();
        Refused(new StateDict(state.Skip(1)), "no '1.bias'");
        Refused(new StateDict([.. state, new("x", StateTensor.FromFloat32([1f], 1))]), "no 'x'");
        Refused(new StateDict(state.Select(static item => item.Key == "3.bias" ? new(item.Key, StateTensor.FromFloat32(new float[5], 5)) : item)), "'3.bias' is");
        Refused(new StateDict(state.Select(static item => item.Key == "3.bias" ? new(item.Key, StateTensor.FromFloat64(new double[6], 6)) : item)), "'3.bias' is");
        Refused(ToleranceScene.Changed(state, static (name, value, i) => name == "3.bias" && i == 2 ? float.NaN : value), "'3.bias' has");
        Refused(ToleranceScene.Changed(state, static (name, value, i) => name == "momentum.1.weight" && i == 9 ? float.NegativeInfinity : value), "'momentum.1.weight' has");

        void Refused(StateDict bad, string part) =>
            Assert.That(() => units.Run(bad, 0, 1, default), Throws.TypeOf<ToleranceException>().With.Message.Contains(part));
    }

    [TestCase(0UL, 0UL)]
    [TestCase(1UL << 63, 1UL)]
    [TestCase((1UL << 63) - 1, 1UL)]
    [TestCase(0UL, ulong.MaxValue)]
    public void Steps_that_there_are_not_are_refused(ulong first, ulong steps)
    {
        using IToleranceUnits units = ToleranceScene.Open();
        Assert.That(() => units.Run(units.InitialState(), first, steps, default), Throws.TypeOf<ToleranceException>());
    }

    [Test]
    public void Numbers_that_are_not_finite_are_no_unit()
    {
        using IToleranceUnits units = ToleranceScene.Open(SoftmaxRecipe);
        StateDict large = ToleranceScene.Changed(units.InitialState(), static (name, value, _) => name == "1.weight" ? MathF.CopySign(3e38f, value) : value);
        Assert.That(() => units.Run(large, 0, 2, default), Throws.TypeOf<ToleranceException>().With.Message.Contains("finite"));
    }

    [Test]
    public void A_unit_can_be_broken_off()
    {
        using IToleranceUnits units = ToleranceScene.Open();
        StateDict before = units.InitialState();
        string text = ToleranceScene.Text(before);
        Assert.That(() => units.Run(before, 0, 1, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(ToleranceScene.Text(before), Is.EqualTo(text));
    }

    [Test]
    public void Threads_change_no_bit()
    {
        ReproducibleEngine engine = new("any", new Dictionary<string, Func<Module>> { ["m"] = static () => new Sequential(new Flatten(), new Linear(64, 6)) }, threads: 2);
        ToleranceRecipe recipe = SoftmaxRecipe with { Class = engine.Classes[0] };
        using IToleranceUnits team = engine.Open(recipe, ToleranceScene.Data, ToleranceScene.Order, ToleranceScene.Seed);
        using IToleranceUnits alone = ToleranceScene.Open(SoftmaxRecipe);
        Assert.That(ToleranceScene.Text(team.Run(team.InitialState(), 0, 5, default).After), Is.EqualTo(ToleranceScene.Text(alone.Run(alone.InitialState(), 0, 5, default).After)));
    }

    [Test]
    public void Names_of_modules_and_devices_are_checked()
    {
        Func<Module> module = static () => new Flatten();
        Assert.That(() => new ReproducibleEngine("", new Dictionary<string, Func<Module>> { ["m"] = module }), Throws.TypeOf<ToleranceException>());
        Assert.That(() => new ReproducibleEngine("any", new Dictionary<string, Func<Module>> { ["m\u00e9"] = module }), Throws.TypeOf<ToleranceException>());
        Assert.That(() => new ReproducibleEngine("any", new Dictionary<string, Func<Module>>(), threads: 0), Throws.InstanceOf<ArgumentException>());
    }

    private static void Refused(ToleranceRecipe recipe, string part) =>
        Assert.That(() => ToleranceScene.Open(recipe), Throws.TypeOf<ToleranceException>().With.Message.Contains(part), recipe.ToString());
}
