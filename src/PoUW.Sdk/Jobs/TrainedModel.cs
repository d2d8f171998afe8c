using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.StateDicts;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Training;
using PoUW.Training.Execution;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Verification;

namespace PoUW.Sdk.Jobs;

/// <summary>A trained model: its state as the chain's records commit to it. Members may be called from any thread.</summary>
public sealed class TrainedModel
{
    private readonly MlpSpec _spec;
    private readonly ModelState _state;
    private readonly JobManifest _manifest;

    internal TrainedModel(MlpSpec spec, ModelState state, JobManifest manifest) => (_spec, _state, _manifest) = (spec, state, manifest);

    /// <summary>The root of the state: equal exactly if every weight and momentum bit is equal.</summary>
    public Hash256 WeightsHash => _state.Root;

    /// <summary>Counts the samples whose class the model predicts, with the same exact arithmetic that trained it.</summary>
    /// <exception cref="TrainingException">The samples do not fit the model.</exception>
    public EvaluationResult Evaluate(Dataset data)
    {
        VmLimits limits = VmLimits.Default;
        if (MlpCompiler.TryCompile(_spec, data.Count, limits, out VerifiedProgram? program) is { IsValid: false } problem)
        {
            throw new TrainingException($"The model cannot be evaluated: {problem}");
        }

        using CpuBackend backend = new();
        Machine machine = new(program!, backend);
        ValidationResult ready = DatasetInputs.TrySet(machine, data, MlpCompiler.OrderKey);
        ready = ready.IsValid ? machine.ImportState(_state.Encoded.Span) : ready;
        VmResult? run = ready.IsValid ? machine.Run(MlpCompiler.EvaluateEntry, [0, data.Count], UnitExecutor.GasLimit) : null;
        return run is { IsHalted: true }
            ? new EvaluationResult(checked((int)run.Outputs[0]), data.Count)
            : throw new TrainingException($"The samples do not fit the model: {run?.Message ?? ready.Message}");
    }

    /// <summary>
    /// Writes the model as safetensors: float weights under PyTorch's names and layout, and the exact state beside them. The file is
    /// complete or absent: it is written beside its place and moved there.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveSafetensors(string path)
    {
        SortedDictionary<string, string> metadata = new(StringComparer.Ordinal)
        {
            ["format"] = "pt",
            ["pouw.job"] = _manifest.JobId.ToString(),
            ["pouw.state_root"] = WeightsHash.ToString(),
        };
        ModelExport.Create(_spec, _state.Tensors, metadata).WriteFile(path);
    }
}
