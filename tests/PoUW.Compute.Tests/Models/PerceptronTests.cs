using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;
using PoUW.Compute.Runners;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;

namespace PoUW.Compute.Tests.Models;

/// <summary>A perceptron through the whole chain: graph, plan, program, eager runner.</summary>
public sealed class PerceptronTests
{
    [Test]
    public void Eager_and_machine_give_the_same_bits_in_both_lanes([Values] Lane lane)
    {
        CompiledModel model = ModelRuns.Compile(TestModels.Spec(lane), TestModels.Samples);
        using CpuBackend eager = new();
        using CpuBackend machine = new();
        string expected = ModelRuns.Train(ModelRuns.EagerScalar(model), TestModels.Inputs(lane), 20);
        Assert.That(ModelRuns.Train(new EagerRunner(model, eager), TestModels.Inputs(lane), 20), Is.EqualTo(expected));
        Assert.That(ModelRuns.Train(new MachineRunner(model, machine), TestModels.Inputs(lane), 20), Is.EqualTo(expected));
    }

    [Test]
    public void Training_makes_the_loss_small([Values] Lane lane)
    {
        ModelRunner runner = new EagerRunner(ModelRuns.Compile(TestModels.Spec(lane), TestModels.Samples), new ScalarBackend());
        ModelRuns.Train(runner, TestModels.Inputs(lane), 0);
        StepMetrics before = runner.Evaluate();
        runner.Train(0, 300);
        StepMetrics after = runner.Evaluate();
        Assert.That(before.Loss, Is.EqualTo(Math.Log(TestModels.Classes)).Within(lane == Lane.Integer ? 1.5 : 0.5));

        // The exponents of lane I's weights are fixed, so its logits of a small net cannot be large.
        Assert.That(after.Loss, Is.LessThan(before.Loss * (lane == Lane.Integer ? 0.7 : 0.5)));
        Assert.That(after.Answers, Is.EqualTo(TestModels.Samples));
        Assert.That(after.Accuracy, Is.GreaterThan(0.8));
    }

    [Test]
    public void Evaluation_counts_every_row_once()
    {
        ModelRunner runner = new EagerRunner(ModelRuns.Compile(TestModels.Spec(Lane.Reproducible), TestModels.Samples), new ScalarBackend());
        ModelRuns.Train(runner, TestModels.Inputs(Lane.Reproducible), 5);
        StepMetrics whole = runner.Evaluate();
        StepMetrics[] parts = [runner.Evaluate(0, 33), runner.Evaluate(33, 60), runner.Evaluate(93, 7)];
        Assert.That(parts.Sum(p => p.Correct), Is.EqualTo(whole.Correct));
        Assert.That(parts.Sum(p => p.Loss * p.Answers) / TestModels.Samples, Is.EqualTo(whole.Loss).Within(1e-3));
    }

    [Test]
    public void A_wrong_width_is_an_error_that_names_the_module()
    {
        TrainingSpec spec = TestModels.Spec(Lane.Reproducible) with { Model = new Sequential(new Flatten(), new Linear(35, 8)) };
        ValidationResult result = ModelCompiler.TryCompile(spec, TestModels.Samples, VmLimits.Default, out _);
        Assert.That(result.Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(result.Field, Is.EqualTo("1"));
        Assert.That(result.Message, Does.Contain("36 features").And.Contain("35"));
    }

    [Test]
    public void A_branch_that_ends_nowhere_is_not_trained([Values] Lane lane)
    {
        using CpuBackend backend = new();
        TrainingSpec spec = TestModels.Spec(lane) with { Model = new DeadEnd() };
        ModelRunner runner = new EagerRunner(ModelRuns.Compile(spec, TestModels.Samples), backend);
        ModelRuns.Train(runner, TestModels.Inputs(lane), 0);
        byte[] unused = ModelRuns.Slot(runner, "aux.weight").Bytes.ToArray();
        byte[] used = ModelRuns.Slot(runner, "fc.weight").Bytes.ToArray();
        runner.Train(0, 3);
        Assert.That(ModelRuns.Slot(runner, "aux.weight").Bytes.SequenceEqual(unused));
        Assert.That(ModelRuns.Slot(runner, "fc.weight").Bytes.SequenceEqual(used), Is.False);
        if (lane == Lane.Integer)
        {
            Assert.That(runner.Model.Exponents["fc.weight"], Is.EqualTo(-7), "the head is the last layer on the way to the output");
        }
    }

    /// <summary>The hashes of 20 steps. That without bias is of the compiler of perceptrons, the predecessor of this one.</summary>
    [TestCase(false, "ee3c052dadfe925e37a2842edae8e0d5127e4b61adea55970e068043ad0dd3fd")]
    [TestCase(true, "a3751e3921048c0b96700f6bcdee38ef2660198d328f1be8722df780b0a0a17d")]
    public void Lane_I_gives_the_pinned_bits(bool bias, string expected)
    {
        TrainingSpec spec = TestModels.Spec(Lane.Integer) with { Model = TestModels.Perceptron(bias) };
        ModelRunner runner = ModelRuns.EagerScalar(ModelRuns.Compile(spec, TestModels.Samples));
        Assert.That(ModelRuns.Train(runner, TestModels.Inputs(Lane.Integer), 20), Is.EqualTo(expected));
    }

    private sealed class DeadEnd : Module
    {
        private readonly Linear _head = new(TestModels.Side * TestModels.Side, TestModels.Classes);
        private readonly Linear _aux = new(TestModels.Side * TestModels.Side, 3);

        public DeadEnd()
        {
            Register("fc", _head);
            Register("aux", _aux);
        }

        protected override GraphValue Forward(GraphValue input)
        {
            GraphValue flat = Functional.Flatten(input);
            GraphValue output = _head.Apply(flat);
            _aux.Apply(flat);
            return output;
        }
    }
}
