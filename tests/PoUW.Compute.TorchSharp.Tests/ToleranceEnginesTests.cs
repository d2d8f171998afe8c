using PoUW.Compute.Data;
using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Compute.TorchSharp.Tolerance;
using PoUW.Core.Primitives;
using TorchSharp;
using Own = PoUW.Compute.Modules;

namespace PoUW.Compute.TorchSharp.Tests;

/// <summary>libtorch and this project's exact kernels train the same modules: each audits the other.</summary>
[TestFixture]
public sealed class ToleranceEnginesTests
{
    private const int Side = 8;
    private const int Classes = 6;
    private const ulong Steps = 16;
    private const ulong Seed = 11;

    // Q15: below it fp32 leaves less than a unit.
    private const ulong SmallLoss = 1 << 16;

    private static readonly Dataset Data = SyntheticImages.Create(Classes, count: 600, side: Side, seed: 3);

    private static readonly Hash256 Order = Hash256.Sha256([1]);

    private static readonly TorchToleranceEngine Torch = new(TorchDevice.Cpu, "any", new Dictionary<string, Func<torch.nn.Module<torch.Tensor, torch.Tensor>>>
    {
        ["perceptron"] = static () => torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(Side * Side, 32), torch.nn.ReLU(), torch.nn.Linear(32, Classes)),
        ["convolution"] = static () => torch.nn.Sequential(
            torch.nn.Conv2d(1, 4, 3, padding: 1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
            torch.nn.Conv2d(4, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8 * 2 * 2, Classes)),
    });

    private static readonly ReproducibleEngine Exact = new("any", new Dictionary<string, Func<Own.Module>>
    {
        ["perceptron"] = static () => new Own.Sequential(
            new Own.Flatten(), new Own.Linear(Side * Side, 32), new Own.ReLU(), new Own.Linear(32, Classes)),
        ["convolution"] = static () => new Own.Sequential(
            new Own.Conv2d(1, 4, 3, padding: 1), new Own.BatchNorm2d(4), new Own.ReLU(), new Own.MaxPool2d(2),
            new Own.Conv2d(4, 8, 3), new Own.ReLU(), new Own.Flatten(), new Own.Linear(8 * 2 * 2, Classes)),
    });

    [OneTimeSetUp]
    public void Load() => Libtorch.OrSkip();

    [TestCase("perceptron", 0.9f)]
    [TestCase("perceptron", 0f)]
    [TestCase("convolution", 0.9f)]
    public void Both_start_from_the_same_bits(string module, float momentum)
    {
        ToleranceRecipe recipe = Recipe(module) with { Momentum = momentum };
        using IToleranceUnits torch = Torch.Open(recipe, Data, Order, Seed);
        using IToleranceUnits exact = Exact.Open(recipe, Data, Order, Seed);
        (StateDict one, StateDict other) = (torch.InitialState(), exact.InitialState());
        Assert.That(one.Names, Is.EqualTo(other.Names));
        Assert.That(one.Names.Where(name => !one[name].Data.Span.SequenceEqual(other[name].Data.Span)), Is.Empty);
        Assert.That(one.Names.Where(name => one[name].ToString() != other[name].ToString()), Is.Empty);
    }

    /// <summary>Bounds from another seed and order, over units that go further than those that were measured.</summary>
    [TestCase("perceptron", 0.9f)]
    [TestCase("perceptron", 0f)]
    [TestCase("convolution", 0.9f)]
    public void Each_audits_the_other_within_measured_bounds(string module, float momentum)
    {
        ToleranceRecipe recipe = Recipe(module) with { Momentum = momentum };
        ToleranceProgram program = new(recipe, ToleranceCalibration.Measure([Torch, Exact], recipe, Data, seed: 1, Steps, units: 3));
        Assert.That(program.Validate().IsValid);
        using IToleranceUnits worker = Torch.Open(recipe, Data, Order, Seed);
        using IToleranceUnits auditor = Exact.Open(recipe, Data, Order, Seed);
        StateDict before = worker.InitialState();
        for (ulong unit = 0; unit < 5; unit++)
        {
            ToleranceUnit trained = worker.Run(before, unit * Steps, Steps, default);
            ToleranceUnit replayed = auditor.Run(before, unit * Steps, Steps, default);
            ToleranceVerdict verdict = ToleranceAudit.Compare(before, trained.After, replayed.After, program.Bounds);
            Assert.That(verdict.Accepted, $"unit {unit}: {verdict.Reason}");
            Assert.That(ToleranceAudit.Compare(before, replayed.After, trained.After, program.Bounds).Accepted, $"unit {unit}, the other way");
            Assert.That(verdict.Differences.Max(static difference => difference.Absolute), Is.Positive, "they are two engines");
            Assert.That(((double)trained.LossSum, trained.Samples), Is.EqualTo(((double)replayed.LossSum, replayed.Samples)).Within(0.1).Percent);
            Assert.That((double)trained.Correct, Is.EqualTo((double)replayed.Correct).Within(1));
            before = trained.After;
        }
    }

    /// <summary>Updates become small, and what fp32 leaves is large beside them: bounds from the first units must not convict the last ones.</summary>
    [TestCase("perceptron", 100)]
    [TestCase("convolution", 40)]
    public void Honest_units_pass_until_there_is_nothing_left_to_learn(string module, int units)
    {
        ToleranceRecipe recipe = Recipe(module);
        ToleranceBounds bounds = ToleranceCalibration.Measure([Torch, Exact], recipe, Data, seed: 1, Steps, units: 3);
        using IToleranceUnits worker = Torch.Open(recipe, Data, Order, Seed);
        using IToleranceUnits auditor = Exact.Open(recipe, Data, Order, Seed);
        StateDict before = worker.InitialState();
        for (ulong unit = 0; unit < (ulong)units; unit++)
        {
            ToleranceUnit trained = worker.Run(before, unit * Steps, Steps, default);
            ToleranceUnit replayed = auditor.Run(before, unit * Steps, Steps, default);
            ToleranceVerdict verdict = ToleranceAudit.Compare(before, trained.After, replayed.After, bounds);
            Assert.That(verdict.Accepted, $"unit {unit}, loss {trained.LossSum / 32768.0 / trained.Samples} bits: {verdict.Reason}");
            Assert.That(ToleranceAudit.Compare(before, before, replayed.After, bounds).Accepted, Is.False, $"unit {unit}, nothing done");
            RequireSameSums(trained, replayed, unit);
            before = trained.After;
        }
    }

    [TestCase("perceptron")]
    [TestCase("convolution")]
    public void Each_refuses_the_lies_of_the_other(string module)
    {
        ToleranceRecipe recipe = Recipe(module);
        ToleranceBounds bounds = ToleranceCalibration.Measure([Torch, Exact], recipe, Data, seed: 1, Steps, units: 2);
        using IToleranceUnits worker = Torch.Open(recipe, Data, Order, Seed);
        using IToleranceUnits slower = Torch.Open(recipe with { LearningRate = 0.0495f }, Data, Order, Seed);
        using IToleranceUnits auditor = Exact.Open(recipe, Data, Order, Seed);
        StateDict before = worker.Run(worker.InitialState(), 0, Steps, default).After;
        StateDict replayed = auditor.Run(before, Steps, Steps, default).After;
        (string, StateDict)[] lies =
        [
            ("nothing done", before),
            ("a step less", worker.Run(before, Steps, Steps - 1, default).After),
            ("other batches", worker.Run(before, Steps + 1, Steps, default).After),
            ("a smaller rate", slower.Run(before, Steps, Steps, default).After),
        ];
        foreach ((string lie, StateDict claimed) in lies)
        {
            Assert.That(ToleranceAudit.Compare(before, claimed, replayed, bounds).Accepted, Is.False, lie);
        }
    }

    [TestCase("perceptron")]
    [TestCase("convolution")]
    public void Probes_of_both_take_a_job_with_measured_bounds(string module)
    {
        ToleranceRecipe recipe = Recipe(module);
        ToleranceProgram program = new(recipe, ToleranceCalibration.Measure([Torch, Exact], recipe, Data, seed: 1, Steps, units: 3));
        foreach (IToleranceEngine engine in new IToleranceEngine[] { Torch, Exact })
        {
            using IToleranceUnits units = engine.Open(recipe, Data, Order, Seed);
            Assert.That(() => ToleranceProbe.Check(units, program, units.InitialState(), 0, Steps, default), Throws.Nothing, engine.ToString());
        }
    }

    /// <summary>What an audit allows beside a hundredth; and of small losses that both engines round them alike, since other roundings would add up to more than one a step.</summary>
    private static void RequireSameSums(ToleranceUnit trained, ToleranceUnit replayed, ulong unit)
    {
        Assert.That(trained.Samples, Is.EqualTo(replayed.Samples));
        Assert.That((double)trained.Correct, Is.EqualTo((double)replayed.Correct).Within((trained.Samples / 100) + 1), $"unit {unit}");
        Assert.That((double)trained.LossSum, Is.EqualTo((double)replayed.LossSum).Within((2 * Steps) + (trained.Samples * 32768 * 1e-4)), $"unit {unit}");
        if (replayed.LossSum < SmallLoss)
        {
            Assert.That((double)trained.LossSum, Is.EqualTo((double)replayed.LossSum).Within(Steps / 2), $"unit {unit}: rounded otherwise");
        }
    }

    private static ToleranceRecipe Recipe(string module) => new() { Class = new(module, "any"), InputShape = [1, Side, Side], BatchSize = 32 };
}
