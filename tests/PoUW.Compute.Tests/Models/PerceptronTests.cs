using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>A perceptron through the whole chain: graph, plan, program, eager runner.</summary>
public sealed class PerceptronTests
{
    private const int Samples = 100;
    private const int Side = 6;
    private const int Classes = 5;

    [Test]
    public void Eager_and_machine_give_the_same_bits_in_both_lanes([Values] Lane lane)
    {
        CompiledModel model = ModelRuns.Compile(Spec(lane), Samples);
        using CpuBackend eager = new();
        using CpuBackend machine = new();
        string expected = ModelRuns.Train(ModelRuns.EagerScalar(model), Inputs(lane), 20);
        Assert.That(ModelRuns.Train(new EagerRunner(model, eager), Inputs(lane), 20), Is.EqualTo(expected));
        Assert.That(ModelRuns.Train(new MachineRunner(model, machine), Inputs(lane), 20), Is.EqualTo(expected));
    }

    [Test]
    public void Training_makes_the_loss_small([Values] Lane lane)
    {
        ModelRunner runner = new EagerRunner(ModelRuns.Compile(Spec(lane), Samples), new ScalarBackend());
        ModelRuns.Train(runner, Inputs(lane), 0);
        StepMetrics before = runner.Evaluate();
        runner.Train(0, 300);
        StepMetrics after = runner.Evaluate();
        Assert.That(before.Loss, Is.EqualTo(Math.Log(Classes)).Within(lane == Lane.Integer ? 1.5 : 0.5));

        // The exponents of lane I's weights are fixed, so its logits of a small net cannot be large.
        Assert.That(after.Loss, Is.LessThan(before.Loss * (lane == Lane.Integer ? 0.7 : 0.5)));
        Assert.That(after.Answers, Is.EqualTo(Samples));
        Assert.That(after.Accuracy, Is.GreaterThan(0.8));
    }

    [Test]
    public void Evaluation_counts_every_row_once()
    {
        ModelRunner runner = new EagerRunner(ModelRuns.Compile(Spec(Lane.Reproducible), Samples), new ScalarBackend());
        ModelRuns.Train(runner, Inputs(Lane.Reproducible), 5);
        StepMetrics whole = runner.Evaluate();
        StepMetrics[] parts = [runner.Evaluate(0, 33), runner.Evaluate(33, 60), runner.Evaluate(93, 7)];
        Assert.That(parts.Sum(p => p.Correct), Is.EqualTo(whole.Correct));
        Assert.That(parts.Sum(p => p.Loss * p.Answers) / Samples, Is.EqualTo(whole.Loss).Within(1e-3));
    }

    [Test]
    public void A_wrong_width_is_an_error_that_names_the_module()
    {
        TrainingSpec spec = Spec(Lane.Reproducible) with { Model = new Sequential(new Flatten(), new Linear(35, 8)) };
        ValidationResult result = ModelCompiler.TryCompile(spec, Samples, VmLimits.Default, out _);
        Assert.That(result.Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(result.Field, Is.EqualTo("1"));
        Assert.That(result.Message, Does.Contain("36 features").And.Contain("35"));
    }

    /// <summary>The hashes of 20 steps. That without bias is of the compiler of perceptrons, the predecessor of this one.</summary>
    [TestCase(false, "ee3c052dadfe925e37a2842edae8e0d5127e4b61adea55970e068043ad0dd3fd")]
    [TestCase(true, "a3751e3921048c0b96700f6bcdee38ef2660198d328f1be8722df780b0a0a17d")]
    public void Lane_I_gives_the_pinned_bits(bool bias, string expected)
    {
        TrainingSpec spec = Spec(Lane.Integer) with { Model = Network(bias) };
        Assert.That(ModelRuns.Train(ModelRuns.EagerScalar(ModelRuns.Compile(spec, Samples)), Inputs(Lane.Integer), 20), Is.EqualTo(expected));
    }

    private static Sequential Network(bool bias) => new(
        ("flatten", new Flatten()), ("fc1", new Linear(Side * Side, 16, bias)), ("relu", new ReLU()), ("fc2", new Linear(16, Classes, bias)));

    private static TrainingSpec Spec(Lane lane) => new()
    {
        Model = Network(bias: true),
        Input = new ImageInput(1, Side, Side),
        Optimiser = lane == Lane.Integer ? new IntegerMomentum(IntegerRateSchedule.Constant(12)) : new Sgd(0.1f, Momentum: 0.9f),
        BatchSize = 16,
    };

    private static (string Name, Tensor Tensor)[] Inputs(Lane lane)
    {
        Random random = new(7);
        Tensor images = new(lane == Lane.Integer ? TensorType.Int8 : TensorType.UInt8, Samples, Side * Side);
        Tensor labels = new(TensorType.UInt8, Samples, 1);
        for (int i = 0; i < Samples; i++)
        {
            int label = random.Next(Classes);
            labels.UInt8[i] = (byte)label;
            for (int p = 0; p < Side * Side; p++)
            {
                int value = (p % Classes == label ? 30 : 0) + random.Next(30);
                images.Bytes[(i * Side * Side) + p] = (byte)(lane == Lane.Integer ? value : value * 4);
            }
        }

        return [("images", images), ("labels", labels)];
    }
}
