using PoUW.Compute.Data;
using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Compute.TorchSharp.Tolerance;
using PoUW.Core.Primitives;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace PoUW.Compute.TorchSharp.Tests;

/// <summary>Units of an ordinary module: honest runs pass, the known lies do not.</summary>
[TestFixture]
public sealed class ToleranceTests
{
    private const int Side = 8;
    private const ulong Steps = 16;
    private const ulong ConvolutionSteps = 8;
    private const ulong Seed = 5;

    private static readonly Dataset Data = SyntheticImages.Create(classes: 6, count: 600, side: Side, seed: 3);

    private static readonly Hash256 Order = Hash256.Sha256([1]);

    private static readonly ToleranceRecipe Recipe = new() { Class = new("net", "cpu"), InputShape = [1, Side, Side], BatchSize = 32 };

    private static readonly Func<Module<torch.Tensor, torch.Tensor>> Net = static () => Sequential(Flatten(), Linear(Side * Side, 32), ReLU(), Linear(32, 6));

    /// <summary>The same sums in another order: what another device does to a run.</summary>
    private static readonly Func<Module<torch.Tensor, torch.Tensor>> OtherOrder = static () => Sequential(new Permuted(), Linear(32, 6));

    private IToleranceUnits _units = null!;
    private StateDict _before = null!;
    private ToleranceUnit _unit = null!;
    private ToleranceBounds _bounds = null!;

    [OneTimeSetUp]
    public void Train()
    {
        Libtorch.OrSkip();
        _units = Open(Net);
        _before = _units.Run(_units.InitialState(), 0, Steps, default).After;
        _unit = _units.Run(_before, Steps, Steps, default);
        StateDict other = RunOtherwise(OtherOrder, _before, Steps);
        _bounds = ToleranceAudit.Calibrate([(_before, _unit.After, other)]);
    }

    [OneTimeTearDown]
    public void Free() => _units?.Dispose();

    [Test]
    public void Training_learns()
    {
        ToleranceUnit unit = _units.Run(_units.InitialState(), 0, Steps, default);
        ulong before = unit.Correct;
        for (ulong next = 1; next < 6; next++)
        {
            unit = _units.Run(unit.After, next * Steps, Steps, default);
        }

        Assert.That((double)unit.Correct / unit.Samples, Is.GreaterThan(0.95).And.GreaterThan((double)before / unit.Samples));
        Assert.That(unit.Samples, Is.EqualTo(Steps * 32));
    }

    [Test]
    public void The_initial_state_depends_on_the_seed_alone()
    {
        using IToleranceUnits same = Open(Net);
        using IToleranceUnits other = Open(Net, seed: 6);
        const string Name = "1.weight";
        Assert.That(same.InitialState()[Name].Data.Span.SequenceEqual(_units.InitialState()[Name].Data.Span));
        Assert.That(other.InitialState()[Name].Data.Span.SequenceEqual(_units.InitialState()[Name].Data.Span), Is.False);
    }

    [Test]
    public void Honest_runs_are_accepted()
    {
        using IToleranceUnits auditor = Open(Net);
        Assert.That(ToleranceAudit.Compare(_before, _unit.After, auditor.Run(_before, Steps, Steps, default).After, _bounds).Accepted);
        ToleranceVerdict other = ToleranceAudit.Compare(_before, RunOtherwise(OtherOrder, _before, Steps), _unit.After, _bounds);
        Assert.That(other.Accepted, other.Reason);
        Assert.That(other.Differences.Max(static difference => difference.Relative), Is.Positive, "the runs differ");
    }

    [Test]
    public void Two_halves_are_the_whole_unit()
    {
        ToleranceUnit first = _units.Run(_before, Steps, Steps / 2, default);
        ToleranceUnit second = _units.Run(first.After, Steps + (Steps / 2), Steps / 2, default);
        Assert.That(ToleranceAudit.Compare(_before, second.After, _unit.After, _bounds).Accepted);
        Assert.That(first.Correct + second.Correct, Is.EqualTo(_unit.Correct));
        Assert.That((double)(first.LossSum + second.LossSum), Is.EqualTo((double)_unit.LossSum).Within(1e-5).Percent);
    }

    [TestCase("nothing done")]
    [TestCase("half the steps")]
    [TestCase("small rate")]
    [TestCase("another batch")]
    [TestCase("another seed of the order")]
    [TestCase("noise")]
    [TestCase("one weight")]
    [TestCase("one percent less")]
    [TestCase("not a number")]
    public void Lies_are_refused(string lie)
    {
        StateDict claimed = lie switch
        {
            "nothing done" => _before,
            "half the steps" => Run(Recipe, Order, Steps, Steps / 2),
            "small rate" => Run(Recipe with { LearningRate = 0.049f }, Order, Steps, Steps),
            "another batch" => Run(Recipe, Order, 2 * Steps, Steps),
            "another seed of the order" => Run(Recipe, Hash256.Sha256([2]), Steps, Steps),
            "noise" => Changed(static (value, _, i) => value + (i % 2 == 0 ? 1e-4f : -1e-4f)),
            "one weight" => Changed(static (value, _, i) => i == 7 ? value + 0.05f : value),
            "one percent less" => Changed(static (value, before, _) => before + (0.99f * (value - before))),
            _ => Changed(static (value, _, i) => i == 7 ? float.NaN : value),
        };
        ToleranceVerdict verdict = ToleranceAudit.Compare(_before, claimed, _unit.After, _bounds);
        Assert.That(verdict.Accepted, Is.False, $"{_bounds}");
        Assert.That(verdict.Reason, Is.Not.Empty);
    }

    [Test]
    public void States_that_do_not_belong_together_are_refused()
    {
        StateDict other = new([new("x", StateTensor.FromFloat32([1f], 1))]);
        Assert.That(ToleranceAudit.Compare(_before, other, _unit.After, _bounds).Accepted, Is.False);
        StateDict wrongShape = new(_unit.After.Select(static item => new KeyValuePair<string, StateTensor>(item.Key, StateTensor.FromFloat32([1f], 1))));
        Assert.That(ToleranceAudit.Compare(_before, wrongShape, _unit.After, _bounds).Accepted, Is.False);
        Assert.That(() => _units.Run(other, 0, 1, default), Throws.TypeOf<ToleranceException>());
        Assert.That(() => _units.Run(wrongShape, 0, 1, default), Throws.TypeOf<ToleranceException>());
    }

    /// <summary>Half of what one unit may differ by: with the update, or across it.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public void Lies_within_the_bounds_that_push_one_way_add_up(bool along)
    {
        StateDict claimed = along ? Changed((name, value, before, _) => value - ((float)(_bounds.Tensors[name].Relative / 2) * (value - before))) : AcrossTheUpdate();
        ToleranceBounds bounds = new(_bounds.Tensors.ToDictionary(static item => item.Key, static item => item.Value with { Largest = double.MaxValue }));
        ToleranceVerdict small = ToleranceAudit.Compare(_before, claimed, _unit.After, bounds);
        Assert.That(small.Accepted, small.Reason);
        StateDict honest = RunOtherwise(OtherOrder, _before, Steps);
        DriftWatch liar = new(bounds);
        DriftWatch worker = new(bounds);
        Assert.That(Enumerable.Range(0, 8).Any(_ => liar.Add(_before, claimed, _unit.After)));
        Assert.That(Enumerable.Range(0, 8).Any(_ => worker.Add(_before, honest, _unit.After)), Is.False);
    }

    /// <summary>The update of a bias before a normalisation is noise; its differences say nothing of the other tensors.</summary>
    [TestCase("nothing done")]
    [TestCase("one percent less")]
    [TestCase("a bias that is not noise")]
    public void Noise_in_one_tensor_excuses_no_lie_in_another(string lie)
    {
        (StateDict before, StateDict first, StateDict second) = Convolution();
        ToleranceBounds bounds = ToleranceAudit.Calibrate([(before, first, second)]);
        Assert.That(bounds.Tensors["0.bias"].Noise, Is.Not.Null.And.LessThan(1e-3), "this module has such a tensor");
        Assert.That(bounds.Tensors["0.weight"].Noise, Is.Null);
        StateDict claimed = lie switch
        {
            "nothing done" => before,
            "one percent less" => Changed(before, first, static (_, value, start, _) => start + (0.99f * (value - start))),
            _ => Changed(before, first, static (name, value, _, _) => name == "0.bias" ? value + 0.01f : value),
        };

        Assert.That(ToleranceAudit.Compare(before, second, first, bounds).Accepted);
        Assert.That(ToleranceAudit.Compare(before, claimed, first, bounds).Accepted, Is.False);
    }

    [Test]
    public void Batches_that_were_counted_are_part_of_the_state()
    {
        (StateDict before, StateDict first, _) = Convolution();
        Assert.That((before["1.num_batches_tracked"].ToInt64()[0], first["1.num_batches_tracked"].ToInt64()[0]), Is.EqualTo((8, 16)));
        StateDict claimed = new(first.Select(static item => item.Key == "1.num_batches_tracked" ? new(item.Key, StateTensor.FromInt64([17])) : item));
        ToleranceBounds bounds = ToleranceAudit.Calibrate([(before, first, first)]);
        Assert.That(ToleranceAudit.Compare(before, first, first, bounds).Accepted);
        Assert.That(ToleranceAudit.Compare(before, claimed, first, bounds).Accepted, Is.False);
    }

    [Test]
    public void Runs_that_differ_as_much_as_lies_give_no_bounds()
    {
        StateDict far = Changed(static (value, before, _) => value + (0.02f * (value - before)));
        Assert.That(() => ToleranceAudit.Calibrate([(_before, _unit.After, far)]), Throws.TypeOf<ToleranceException>());
        Assert.That(() => ToleranceAudit.Calibrate([]), Throws.TypeOf<ToleranceException>());
    }

    [Test]
    public void Tf32_is_off_while_a_unit_runs_whoever_left_it_on()
    {
        List<(bool, bool)> seen = [];
        using IToleranceUnits units = Open(() => Sequential(
            new Observer(() => seen.Add((torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32))), Flatten(), Linear(Side * Side, 6)));
        (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) = (true, true);
        units.Run(units.InitialState(), 0, 1, default);
        Assert.That(seen, Is.EqualTo(new[] { (false, false) }));
    }

    [Test]
    public void An_initial_state_leaves_no_native_tensor_behind()
    {
        using IToleranceUnits units = Open(ConvolutionNet);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        units.InitialState();
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    [Test]
    public void A_device_without_memory_gives_no_unit()
    {
        using IToleranceUnits units = Open(static () => new Greedy());
        Assert.That(() => units.Run(units.InitialState(), 0, 1, default), Throws.TypeOf<ToleranceException>().With.Message.Contains("memory"));
    }

    [Test]
    public void A_device_or_a_module_that_fails_gives_no_unit()
    {
        using IToleranceUnits units = Open(static () => Sequential(Flatten(), Linear(Side, 6)));
        Assert.That(() => units.Run(units.InitialState(), 0, 1, default), Throws.TypeOf<ToleranceException>().With.Message.Contains("failed"));
        TorchToleranceEngine nowhere = new(new TorchDevice(TorchDeviceKind.Cuda, 99), "cpu", new Dictionary<string, Func<Module<torch.Tensor, torch.Tensor>>> { ["net"] = Net });
        Assert.That(() => nowhere.Open(Recipe, Data, Order, Seed), Throws.TypeOf<ToleranceException>());
    }

    [Test]
    public void A_module_that_cannot_be_trained_is_refused()
    {
        Refused(static () => Linear(Side * Side, 6).to(torch.ScalarType.Float64), "fp32");
        Refused(static () => new Buffered(torch.ScalarType.Float16), "Int64");
        Refused(static () => Flatten(), "");
        using IToleranceUnits units = Open(static () => Linear(Side, 6));
        Assert.That(() => units.Run(units.InitialState(), 0, 1, default), Throws.TypeOf<ToleranceException>().With.Message.Contains("logit"));

        void Refused(Func<Module<torch.Tensor, torch.Tensor>> create, string part) => Assert.That(() =>
        {
            using IToleranceUnits opened = Open(create);
            opened.Run(opened.InitialState(), 0, 1, default);
        }, Throws.TypeOf<ToleranceException>().With.Message.Contains(part));
    }

    [Test]
    public void A_recipe_or_data_that_does_not_fit_is_refused()
    {
        Assert.That(() => Open(Net, Recipe with { Class = new("another", "cpu") }), Throws.TypeOf<ToleranceException>());
        Assert.That(() => Open(Net, Recipe with { InputShape = [63] }), Throws.TypeOf<ToleranceException>());
        Assert.That(() => Open(Net, Recipe with { LearningRate = float.NaN }), Throws.TypeOf<ToleranceException>());
        using IToleranceUnits units = Open(Net, data: SyntheticImages.Create(classes: 7, count: 64, side: Side, seed: 3));
        Assert.That(() => units.Run(units.InitialState(), 0, 2, default), Throws.TypeOf<ToleranceException>().With.Message.Contains("label"));
        Assert.That(() => _units.Run(_before, 0, 0, default), Throws.TypeOf<ToleranceException>());
        Assert.That(() => _units.Run(_before, ulong.MaxValue, 2, default), Throws.TypeOf<ToleranceException>());
    }

    [Test]
    public void Numbers_that_are_not_finite_are_no_unit()
    {
        StateDict large = Changed(_before, _before, static (name, value, _, _) => name.StartsWith("momentum", StringComparison.Ordinal) ? value : MathF.CopySign(3e38f, value));
        Assert.That(() => _units.Run(large, 0, 2, default), Throws.TypeOf<ToleranceException>().With.Message.Contains("finite"));
        Assert.That(() => _units.Run(Changed(static (_, _, _) => float.NaN), 0, 1, default), Throws.TypeOf<ToleranceException>().With.Message.Contains("finite"));
    }

    /// <summary>Its masks are of the device's own random numbers, so no auditor could replay it.</summary>
    [Test]
    public void A_module_with_dropout_is_refused_by_a_probe()
    {
        using IToleranceUnits units = Open(static () => Sequential(Flatten(), Dropout(0.5), Linear(Side * Side, 6)));
        ToleranceBounds bounds = new(units.InitialState().Names.ToDictionary(static name => name, static _ => new TensorBound(0.5, 0.09)));
        Assert.That(() => ToleranceProbe.Check(units, new(Recipe, bounds), units.InitialState(), 0, 4, default), Throws.TypeOf<ToleranceException>().With.Message.Contains("Rounding errors"));
    }

    [Test]
    public void Steps_leave_no_native_tensor_behind()
    {
        _units.Run(_before, Steps, Steps, default);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        _units.Run(_before, Steps, Steps, default);
        _units.Run(_before, 2 * Steps, Steps, default);

        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    [Test]
    public void A_unit_can_be_broken_off() =>
        Assert.That(() => _units.Run(_before, Steps, Steps, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());

    private static IToleranceUnits Open(
        Func<Module<torch.Tensor, torch.Tensor>> create, ToleranceRecipe? recipe = null, Hash256? order = null, ulong seed = Seed, Dataset? data = null)
    {
        TorchToleranceEngine engine = new(TorchDevice.Cpu, "cpu", new Dictionary<string, Func<Module<torch.Tensor, torch.Tensor>>> { ["net"] = create });
        return engine.Open(recipe ?? Recipe, data ?? Data, order ?? Order, seed);
    }

    private StateDict Run(ToleranceRecipe recipe, Hash256 order, ulong first, ulong steps)
    {
        using IToleranceUnits units = Open(Net, recipe, order);
        return units.Run(_before, first, steps, default).After;
    }

    /// <summary>A module with other names for the same tensors, in the same order.</summary>
    private static StateDict RunOtherwise(Func<Module<torch.Tensor, torch.Tensor>> create, StateDict before, ulong steps)
    {
        using IToleranceUnits units = Open(create);
        string[] names = [.. units.InitialState().Names];
        StateDict renamed = new(before.Select((item, i) => new KeyValuePair<string, StateTensor>(names[i], item.Value)));
        StateDict after = units.Run(renamed, steps, steps, default).After;
        return new StateDict(before.Names.Select(
            (name, i) => new KeyValuePair<string, StateTensor>(name, after[names[i]])));
    }

    private StateDict Changed(Func<float, float, int, float> change) => Changed((_, value, before, i) => change(value, before, i));

    private StateDict Changed(Func<string, float, float, int, float> change) => Changed(_before, _unit.After, change);

    private static StateDict Changed(StateDict from, StateDict to, Func<string, float, float, int, float> change)
    {
        return new StateDict(to.Select(item =>
        {
            if (item.Value.Type != StateTensorType.Float32)
            {
                return item;
            }

            float[] before = from[item.Key].ToFloat32();
            float[] after = item.Value.ToFloat32();
            return new KeyValuePair<string, StateTensor>(
                item.Key, StateTensor.FromFloat32([.. after.Select((value, i) => change(item.Key, value, before[i], i))], [.. item.Value.Shape]));
        }));
    }

    /// <summary>A push of half the bound in each tensor at right angles to its update.</summary>
    private StateDict AcrossTheUpdate()
    {
        Dictionary<string, float[]> pushes = [];
        foreach (string name in _before.Names)
        {
            double[] update = [.. _unit.After[name].ToFloat32().Zip(_before[name].ToFloat32(), static (after, before) => (double)after - before)];
            double[] push = [.. Enumerable.Range(0, update.Length).Select(static i => i % 3 - 1.0)];
            double part = push.Zip(update, static (p, u) => p * u).Sum() / update.Sum(static u => u * u);
            push = [.. push.Zip(update, (p, u) => p - (part * u))];
            double scale = _bounds.Tensors[name].Relative / 2 * Math.Sqrt(update.Sum(static u => u * u) / push.Sum(static p => p * p));
            pushes[name] = [.. push.Select(p => (float)(p * scale))];
        }

        return Changed((name, value, _, i) => value + pushes[name][i]);
    }

    private static Module<torch.Tensor, torch.Tensor> ConvolutionNet() => ConvolutionNet(Conv2d(1, 4, 3));

    private static Module<torch.Tensor, torch.Tensor> ConvolutionNet(Module<torch.Tensor, torch.Tensor> convolution) =>
        Sequential(convolution, BatchNorm2d(4), ReLU(), Flatten(), Linear(4 * (Side - 2) * (Side - 2), 6));

    /// <summary>A state, and two honest units from it whose sums are done in another order.</summary>
    private static (StateDict Before, StateDict First, StateDict Second) Convolution()
    {
        using IToleranceUnits units = Open(ConvolutionNet);
        StateDict before = units.Run(units.InitialState(), 0, ConvolutionSteps, default).After;
        return (before, units.Run(before, ConvolutionSteps, ConvolutionSteps, default).After, RunOtherwise(static () => ConvolutionNet(new Turned()), before, ConvolutionSteps));
    }

    /// <summary>Conv2d by matrix products, with the taps in another order.</summary>
    private sealed class Turned : Module<torch.Tensor, torch.Tensor>
    {
        private readonly global::TorchSharp.Modules.Parameter _weight = new(torch.zeros(4, 1, 3, 3));
        private readonly global::TorchSharp.Modules.Parameter _bias = new(torch.zeros(4));

        public Turned()
            : base("turned")
        {
            register_parameter("weight", _weight);
            register_parameter("bias", _bias);
        }

        public override torch.Tensor forward(torch.Tensor input)
        {
            torch.Tensor order = torch.tensor([8L, 3, 1, 7, 0, 5, 2, 6, 4]);
            torch.Tensor patches = functional.unfold(input, (3, 3)).index_select(1, order);
            torch.Tensor sums = _weight.reshape(4, 9).index_select(1, order).matmul(patches);
            return sums.reshape(input.shape[0], 4, Side - 2, Side - 2) + _bias.reshape(1, 4, 1, 1);
        }
    }

    /// <summary>Tells when it is asked for its output.</summary>
    private sealed class Observer(Action tell) : Module<torch.Tensor, torch.Tensor>("observer")
    {
        public override torch.Tensor forward(torch.Tensor input)
        {
            tell();
            return input.alias();
        }
    }

    /// <summary>Flatten, Linear and ReLU with the sum over the inputs in another order.</summary>
    private sealed class Permuted : Module<torch.Tensor, torch.Tensor>
    {
        private readonly torch.nn.Module<torch.Tensor, torch.Tensor> _linear = Linear(Side * Side, 32);
        private readonly long[] _order = [.. Enumerable.Range(0, Side * Side).Select(static i => (long)(i * 37 % (Side * Side)))];

        public Permuted()
            : base("permuted") => RegisterComponents();

        public override torch.Tensor forward(torch.Tensor input)
        {
            torch.Tensor order = torch.tensor(_order);
            torch.Tensor weight = _linear.get_parameter("weight")!.index_select(1, order);
            torch.Tensor sums = input.flatten(1).index_select(1, order).matmul(weight.t());
            return functional.relu(sums + _linear.get_parameter("bias")!);
        }
    }

    /// <summary>Asks for 256 TiB.</summary>
    private sealed class Greedy : Module<torch.Tensor, torch.Tensor>
    {
        public Greedy()
            : base("greedy") => RegisterComponents();

        public override torch.Tensor forward(torch.Tensor input) => input.flatten(1) + torch.ones(1L << 46);
    }

    /// <summary>Has a buffer of a type.</summary>
    private sealed class Buffered : Module<torch.Tensor, torch.Tensor>
    {
        private readonly Module<torch.Tensor, torch.Tensor> _linear = Linear(Side * Side, 6);

        public Buffered(torch.ScalarType type)
            : base("buffered")
        {
            RegisterComponents();
            register_buffer("kept", torch.zeros(1, type));
        }

        public override torch.Tensor forward(torch.Tensor input) => _linear.forward(input.flatten(1));
    }
}
