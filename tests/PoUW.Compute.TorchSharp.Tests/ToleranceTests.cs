using PoUW.Compute.Data;
using PoUW.Compute.StateDicts;
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

    private static readonly ToleranceJob Job = new()
    {
        CreateModule = static () => Sequential(Flatten(), Linear(Side * Side, 32), ReLU(), Linear(32, 6)),
        Data = SyntheticImages.Create(classes: 6, count: 600, side: Side, seed: 3),
        InputShape = [1, Side, Side],
        OrderKey = Hash256.Sha256([1]),
        Seed = 5,
        BatchSize = 32,
        StepsPerUnit = 16,
    };

    /// <summary>The same sums in another order: what another device does to a run.</summary>
    private static readonly ToleranceJob OtherOrder = Job with
    {
        CreateModule = static () => Sequential(new Permuted(), Linear(32, 6)),
    };

    private ToleranceTrainer _trainer = null!;
    private StateDict _before = null!;
    private ToleranceUnit _unit = null!;
    private ToleranceBounds _bounds = null!;

    [OneTimeSetUp]
    public void Train()
    {
        Libtorch.OrSkip();
        _trainer = new ToleranceTrainer(Job, TorchDevice.Cpu);
        _before = _trainer.Run(_trainer.InitialState(), 0)!.After;
        _unit = _trainer.Run(_before, 1)!;
        StateDict other = RunOtherwise(OtherOrder, _before);
        _bounds = ToleranceAudit.Calibrate([(_before, _unit.After, other)]);
    }

    [OneTimeTearDown]
    public void Free() => _trainer?.Dispose();

    [Test]
    public void Training_learns()
    {
        StateDict state = _trainer.InitialState();
        double before = _trainer.Accuracy(state, Job.Data);
        for (int unit = 0; unit < 6; unit++)
        {
            state = _trainer.Run(state, unit)!.After;
        }

        Assert.That(_trainer.Accuracy(state, Job.Data), Is.GreaterThan(0.95).And.GreaterThan(before));
    }

    [Test]
    public void The_initial_state_depends_on_the_seed_alone()
    {
        using ToleranceTrainer same = new(Job, TorchDevice.Cpu);
        using ToleranceTrainer other = new(Job with { Seed = 6 }, TorchDevice.Cpu);
        string name = _before.Names[0];
        Assert.That(same.InitialState()[name].Data.Span.SequenceEqual(_trainer.InitialState()[name].Data.Span));
        Assert.That(other.InitialState()[name].Data.Span.SequenceEqual(_trainer.InitialState()[name].Data.Span), Is.False);
    }

    [Test]
    public void Honest_runs_are_accepted()
    {
        using ToleranceTrainer auditor = new(Job, TorchDevice.Cpu);
        Assert.That(ToleranceAudit.Compare(_before, _unit.After, auditor.Run(_before, 1)!.After, _bounds).Accepted);
        ToleranceVerdict other = ToleranceAudit.Compare(_before, RunOtherwise(OtherOrder, _before), _unit.After, _bounds);
        Assert.That(other.Accepted, other.Reason);
        Assert.That(other.Differences.Max(static difference => difference.Relative), Is.Positive, "the runs differ");
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
            "half the steps" => Run(Job with { StepsPerUnit = 8 }, unit: 2),
            "small rate" => Run(Job with { LearningRate = 0.049 }, unit: 1),
            "another batch" => Run(Job, unit: 2),
            "another seed of the order" => Run(Job with { OrderKey = Hash256.Sha256([2]) }, unit: 1),
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
        Assert.That(() => _trainer.Run(other, 0), Throws.InstanceOf<StateDictException>());
        Assert.That(() => _trainer.Run(wrongShape, 0), Throws.ArgumentException);
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
        StateDict honest = RunOtherwise(OtherOrder, _before);
        DriftWatch liar = new(bounds);
        DriftWatch worker = new(bounds);
        Assert.That(Enumerable.Range(0, 4).Any(_ => liar.Add(_before, claimed, _unit.After)));
        Assert.That(Enumerable.Range(0, 4).Any(_ => worker.Add(_before, honest, _unit.After)), Is.False);
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
        Assert.That(() => ToleranceAudit.Calibrate([(_before, _unit.After, far)]), Throws.ArgumentException);
        Assert.That(() => ToleranceAudit.Calibrate([]), Throws.ArgumentException);
    }

    [Test]
    public void Tf32_is_off_while_a_unit_runs_whoever_left_it_on()
    {
        List<(bool, bool)> seen = [];
        using ToleranceTrainer trainer = new(
            Job with { StepsPerUnit = 1, CreateModule = () => Sequential(new Observer(() => seen.Add((torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32))), Flatten(), Linear(Side * Side, 6)) }, TorchDevice.Cpu);
        (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32) = (true, true);
        trainer.Run(trainer.InitialState(), 0);
        Assert.That(seen, Is.EqualTo(new[] { (false, false) }));
    }

    [Test]
    public void An_initial_state_leaves_no_native_tensor_behind()
    {
        using ToleranceTrainer trainer = new(ConvolutionJob(static () => Conv2d(1, 4, 3)), TorchDevice.Cpu);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        trainer.InitialState();
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    [Test]
    public void Pay_is_smaller_and_a_slash_is_at_most_the_price()
    {
        Assert.That(_bounds.Pay(Amount.FromCoins(10)), Is.EqualTo(Amount.FromCoins(6)));
        Assert.That(ToleranceBounds.MostSlashed(Amount.FromCoins(10), Amount.FromCoins(400)), Is.EqualTo(Amount.FromCoins(10)));
        Assert.That(ToleranceBounds.MostSlashed(Amount.FromCoins(10), Amount.FromCoins(4)), Is.EqualTo(Amount.FromCoins(4)));
    }

    [Test]
    public void A_device_without_memory_gives_no_unit()
    {
        using ToleranceTrainer trainer = new(Job with { CreateModule = static () => new Greedy() }, TorchDevice.Cpu);
        Assert.That(trainer.Run(trainer.InitialState(), 0), Is.Null);
    }

    [Test]
    public void Steps_leave_no_native_tensor_behind()
    {
        _trainer.Run(_before, 1);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        _trainer.Run(_before, 1);
        _trainer.Run(_before, 2);

        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    [Test]
    public void A_unit_can_be_broken_off() =>
        Assert.That(() => _trainer.Run(_before, 1, new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());

    private StateDict Run(ToleranceJob job, long unit)
    {
        using ToleranceTrainer trainer = new(job, TorchDevice.Cpu);
        return trainer.Run(_before, unit)!.After;
    }

    /// <summary>A module with other names for the same tensors, in the same order.</summary>
    private static StateDict RunOtherwise(ToleranceJob job, StateDict before)
    {
        using ToleranceTrainer trainer = new(job, TorchDevice.Cpu);
        string[] names = [.. trainer.InitialState().Names];
        StateDict renamed = new(before.Select((item, i) => new KeyValuePair<string, StateTensor>(names[i], item.Value)));
        StateDict after = trainer.Run(renamed, 1)!.After;
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

    private static ToleranceJob ConvolutionJob(Func<Module<torch.Tensor, torch.Tensor>> convolution) => Job with
    {
        CreateModule = () => Sequential(convolution(), BatchNorm2d(4), ReLU(), Flatten(), Linear(4 * (Side - 2) * (Side - 2), 6)),
        StepsPerUnit = 8,
    };

    /// <summary>A state, and two honest units from it whose sums are done in another order.</summary>
    private static (StateDict Before, StateDict First, StateDict Second) Convolution()
    {
        using ToleranceTrainer trainer = new(ConvolutionJob(static () => Conv2d(1, 4, 3)), TorchDevice.Cpu);
        using ToleranceTrainer other = new(ConvolutionJob(static () => new Turned()), TorchDevice.Cpu);
        StateDict before = trainer.Run(trainer.InitialState(), 0)!.After;
        return (before, trainer.Run(before, 1)!.After, other.Run(before, 1)!.After);
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
}
