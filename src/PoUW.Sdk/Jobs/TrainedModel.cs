using PoUW.Compute.Backends;
using PoUW.Compute.Checkpoints;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Runners;
using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Compute.StateDicts.Safetensors;
using PoUW.Core;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Training;
using PoUW.Training.Execution;
using PoUW.Vm.Programs;

namespace PoUW.Sdk.Jobs;

/// <summary>A trained model: its state as the chain's records commit to it. Members may be called from any thread.</summary>
public sealed class TrainedModel
{
    private readonly CompiledModel _model;
    private readonly ModelState _state;
    private readonly JobManifest _manifest;

    internal TrainedModel(CompiledModel model, ModelState state, JobManifest manifest) => (_model, _state, _manifest) = (model, state, manifest);

    /// <summary>The root of the state: equal exactly if every weight and momentum bit is equal.</summary>
    public Hash256 WeightsHash => _state.Root;

    /// <summary>Counts the samples whose class the model predicts, with the same exact arithmetic that trained it.</summary>
    /// <exception cref="TrainingException">The samples do not fit the model.</exception>
    public EvaluationResult Evaluate(Dataset data)
    {
        if (ModelCompiler.TryCompile(_model.Spec, data.Count, VmLimits.Default, out CompiledModel? model) is { IsValid: false } problem)
        {
            throw new TrainingException($"The model cannot be evaluated: {problem}");
        }

        using CpuBackend backend = new();
        MachineRunner runner = new(model!, backend);
        ValidationResult ready = DatasetInputs.TrySet(runner.Machine, data, ModelProgram.OrderKey);
        ready = ready.IsValid ? runner.Machine.ImportState(_state.Encoded.Span) : ready;
        if (!ready.IsValid)
        {
            throw new TrainingException($"The samples do not fit the model: {ready.Message}");
        }

        StepMetrics metrics;
        try
        {
            metrics = runner.Evaluate();
        }
        catch (PouwException failure)
        {
            throw new TrainingException($"The samples do not fit the model: {failure.Message}");
        }

        return new EvaluationResult(checked((int)metrics.Correct), checked((int)metrics.Answers));
    }

    /// <summary>The weights under PyTorch's names, in its shapes and order: exactly those of the state.</summary>
    public StateDict ToStateDict() => ModelWeights.Capture(_model, _state.Tensors);

    /// <summary>Writes the weights as safetensors. The file is complete or absent: it is written beside its place and moved there.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveSafetensors(string path)
    {
        SortedDictionary<string, string> metadata = new(StringComparer.Ordinal)
        {
            ["format"] = "pt",
            ["pouw.job"] = _manifest.JobId.ToString(),
            ["pouw.state_root"] = WeightsHash.ToString(),
        };
        new SafetensorFile(ToStateDict(), metadata).WriteFile(path);
    }

    /// <summary>Writes the weights as a PyTorch file that torch.load reads; otherwise as <see cref="SaveSafetensors"/>.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SavePyTorch(string path) => PyTorchFile.WriteFile(path, PyTorchStateDicts.ToTree(ToStateDict()));
}
