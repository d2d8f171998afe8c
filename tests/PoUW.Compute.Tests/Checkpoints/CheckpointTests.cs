using PoUW.Compute.Checkpoints;
using PoUW.Compute.Compilation;
using PoUW.Compute.Runners;
using PoUW.Compute.StateDicts;
using PoUW.Compute.Tests.Models;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Checkpoints;

public sealed class CheckpointTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("pouw-checkpoint-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Training_goes_on_from_a_checkpoint_with_the_same_bits([Values] Lane lane, [Values(".pt", ".safetensors")] string ending)
    {
        ModelRunner whole = Trained(lane, 30);
        ModelRunner first = Trained(lane, 18);
        string path = Path.Combine(_folder, "model" + ending);
        CheckpointFile.Save(path, first, new CheckpointInfo(18, new Dictionary<string, string> { ["seed"] = "1" }));
        ModelRunner second = Trained(lane, 0, seed: 9);
        ValidationResult result = CheckpointFile.TryLoad(path, second, out CheckpointInfo? info);
        Assert.That(result.IsValid, Is.True, result.ToString());
        Assert.That(info!.Step, Is.EqualTo(18));
        Assert.That(info.Metadata, Is.EqualTo(new Dictionary<string, string> { ["seed"] = "1" }));
        Assert.That(ModelRuns.HashOf(second), Is.EqualTo(ModelRuns.HashOf(first)));
        second.Train(18, 12);
        Assert.That(ModelRuns.HashOf(second), Is.EqualTo(ModelRuns.HashOf(whole)));
    }

    [Test]
    public void State_dict_has_PyTorchs_names_shapes_and_order()
    {
        StateDict state = ModelWeights.Capture(Trained(Lane.Reproducible, 0));
        Assert.That(state.Names, Is.EqualTo(new[] { "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias" }));
        Assert.That(state["fc1.weight"].Shape, Is.EqualTo(new[] { 16, 36 }));
        Assert.That(state["fc2.bias"].Shape, Is.EqualTo(new[] { 5 }));
    }

    [Test]
    public void Missing_unknown_and_misshapen_tensors_are_named_and_nothing_changes()
    {
        ModelRunner runner = Trained(Lane.Reproducible, 3);
        string before = ModelRuns.HashOf(runner);
        StateDict state = ModelWeights.Capture(runner);
        StateDict missing = new(state.Where(t => t.Key != "fc1.bias").Append(new("fc3.bias", StateTensor.FromFloat32([1], 1))));
        StateDict misshapen = new(state.Where(t => t.Key != "fc2.bias").Append(new("fc2.bias", StateTensor.FromFloat32([1], 1))));
        StateDict integers = new(state.Where(t => t.Key != "fc2.bias").Append(new("fc2.bias", StateTensor.FromInt32([1, 2, 3, 4, 5], 5))));
        StateDict infinite = new(state.Where(t => t.Key != "fc2.bias").Append(new("fc2.bias", StateTensor.FromFloat32([1, 2, float.NaN, 4, 5], 5))));
        ValidationResult result = ModelWeights.TryRestore(runner, missing);
        Assert.That(result.Field, Is.EqualTo("fc1.bias"));
        Assert.That(result.Message, Does.Contain("'fc1.bias'").And.Contain("'fc3.bias'"));
        Assert.That(ModelWeights.TryRestore(runner, misshapen).Message, Does.Contain("[5]"));
        Assert.That(ModelWeights.TryRestore(runner, integers).Field, Is.EqualTo("fc2.bias"));
        Assert.That(ModelWeights.TryRestore(runner, infinite).Message, Does.Contain("Element 2").And.Contain("NaN"));
        Assert.That(ModelRuns.HashOf(runner), Is.EqualTo(before));
    }

    [Test]
    public void A_checkpoint_of_the_other_lane_is_refused()
    {
        string path = Path.Combine(_folder, "model.safetensors");
        CheckpointFile.Save(path, Trained(Lane.Integer, 1), new CheckpointInfo(1, new Dictionary<string, string>()));
        ModelRunner runner = Trained(Lane.Reproducible, 1);
        string before = ModelRuns.HashOf(runner);
        Assert.That(CheckpointFile.TryLoad(path, runner, out _).Field, Is.EqualTo("lane"));
        Assert.That(ModelRuns.HashOf(runner), Is.EqualTo(before));
    }

    [Test]
    public void A_failure_in_the_optimiser_changes_no_weights()
    {
        string path = Path.Combine(_folder, "model.safetensors");
        ModelRunner runner = Trained(Lane.Reproducible, 2);
        CheckpointFile.Save(path, runner, new CheckpointInfo(2, new Dictionary<string, string>()));
        var without = TestModels.Spec(Lane.Reproducible) with { Optimiser = new PoUW.Compute.Optimisers.Sgd(0.1f) };
        ModelRunner other = ModelRuns.EagerScalar(ModelRuns.Compile(without, TestModels.Samples));
        CheckpointFile.Save(path, other, new CheckpointInfo(2, new Dictionary<string, string>()));
        string before = ModelRuns.HashOf(runner);
        ValidationResult result = CheckpointFile.TryLoad(path, runner, out _);
        Assert.That(result.Field, Is.EqualTo("fc1.weight.momentum_buffer"));
        Assert.That(ModelRuns.HashOf(runner), Is.EqualTo(before));
    }

    [Test]
    public void A_run_that_diverged_keeps_its_state_if_a_file_fails()
    {
        string path = Path.Combine(_folder, "model.pt");
        ModelRunner good = Trained(Lane.Reproducible, 2);
        ModelRuns.Slot(good, "fc1.weight.momentum_buffer").Float32[3] = float.PositiveInfinity;
        CheckpointFile.Save(path, good, new CheckpointInfo(2, new Dictionary<string, string>()));
        ModelRunner runner = Trained(Lane.Reproducible, 1);
        ModelRuns.Slot(runner, "fc1.weight").Float32[0] = float.NaN;
        string before = ModelRuns.HashOf(runner);
        ValidationResult result = CheckpointFile.TryLoad(path, runner, out _);
        Assert.That(result.Field, Is.EqualTo("fc1.weight.momentum_buffer"));
        Assert.That(result.Message, Does.Contain("not finite"));
        Assert.That(ModelRuns.HashOf(runner), Is.EqualTo(before));
    }

    [Test]
    public void Steps_and_names_of_the_metadata_have_limits()
    {
        string path = Path.Combine(_folder, "model.safetensors");
        ModelRunner runner = Trained(Lane.Reproducible, 1);
        CheckpointFile.Save(path, runner, new CheckpointInfo((1L << 40) + 1, new Dictionary<string, string>()));
        Assert.That(CheckpointFile.TryLoad(path, runner, out _).Field, Is.EqualTo("pouw.step"));
        foreach (string name in new[] { "format", "pouw.lane" })
        {
            CheckpointInfo info = new(1, new Dictionary<string, string> { [name] = "x" });
            Assert.That(() => CheckpointFile.Save(path, runner, info), Throws.ArgumentException.With.Message.Contains(name));
        }
    }

    [Test]
    public void Float_weights_start_lane_I_rounded_to_its_masters()
    {
        ModelRunner floats = Trained(Lane.Reproducible, 0);
        ModelRunner integers = Trained(Lane.Integer, 0);
        StateDict state = ModelWeights.Capture(floats);
        Assert.That(ModelWeights.TryRestore(integers, state).IsValid);
        Tensor masters = ModelRuns.Slot(integers, "fc2.bias");
        float[] bias = state["fc2.bias"].ToFloat32();
        for (int i = 0; i < bias.Length; i++)
        {
            // The last layer has exponent -7.
            double expected = Math.Clamp(Math.Round(bias[i] * Math.Pow(2, 23)), -63 * 65536, 63 * 65536);
            Assert.That(masters.Int32[i], Is.EqualTo((int)expected));
        }
    }

    private static ModelRunner Trained(Lane lane, int steps, long seed = 1)
    {
        ModelRunner runner = ModelRuns.EagerScalar(ModelRuns.Compile(TestModels.Spec(lane), TestModels.Samples));
        ModelRuns.Train(runner, TestModels.Inputs(lane), 0);
        runner.Initialise(seed);
        runner.Train(0, steps);
        return runner;
    }
}
