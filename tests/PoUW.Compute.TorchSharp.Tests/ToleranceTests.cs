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

    [Test]
    public void Lies_within_the_bounds_that_lean_one_way_add_up()
    {
        float part = (float)(1 - (_bounds.Relative / 2));
        ToleranceVerdict small = ToleranceAudit.Compare(
            _before, Changed((value, before, _) => before + (part * (value - before))), _unit.After, _bounds with { Largest = double.MaxValue });
        Assert.That(small.Accepted, small.Reason);
        ToleranceVerdict honest = ToleranceAudit.Compare(_before, RunOtherwise(OtherOrder, _before), _unit.After, _bounds);
        DriftWatch liar = new(_bounds);
        DriftWatch worker = new(_bounds);
        Assert.That(Enumerable.Range(0, 50).Any(_ => liar.Add(small)), $"bias {small.Bias}, bound {_bounds.Drift}");
        Assert.That(Enumerable.Range(0, 4).Any(_ => worker.Add(honest)), Is.False, $"bias {honest.Bias}, bound {_bounds.Drift}");
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

    private StateDict Changed(Func<float, float, int, float> change)
    {
        return new StateDict(_unit.After.Select(item =>
        {
            float[] before = _before[item.Key].ToFloat32();
            float[] after = item.Value.ToFloat32();
            return new KeyValuePair<string, StateTensor>(
                item.Key, StateTensor.FromFloat32([.. after.Select((value, i) => change(value, before[i], i))], [.. item.Value.Shape]));
        }));
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
