using PoUW.Compute.Backends;
using PoUW.Compute.Checkpoints;
using PoUW.Compute.Compilation;
using PoUW.Compute.Losses;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Compute.StateDicts;
using PoUW.Core;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tolerance;

/// <summary>A job of lane T on the kernels of lane R: its state under the names of lane T.</summary>
internal sealed class ReproducibleUnits : IToleranceUnits
{
    private const string MomentumSuffix = "." + Sgd.MomentumBuffer;

    private readonly CpuBackend _backend;
    private readonly EagerRunner _runner;
    private readonly Lazy<StateDict> _initial;

    public ReproducibleUnits(ToleranceRecipe recipe, ToleranceSamples samples, Module module, Hash256 orderKey, ulong seed, int threads)
    {
        CompiledModel model = Compile(recipe, samples, module, seed);
        _backend = new CpuBackend(threads);
        try
        {
            _runner = new EagerRunner(model, _backend);
            SetInputs(recipe, samples, orderKey);
        }
        catch (OutOfMemoryException)
        {
            _backend.Dispose();
            throw new ToleranceException("There is not enough memory for the module and its data.") { IsPassing = true };
        }
        catch
        {
            _backend.Dispose(); // Its threads would stay.
            throw;
        }

        _initial = new Lazy<StateDict>(() => CreateInitial(recipe.Momentum, seed));
    }

    public StateDict InitialState() => _initial.Value;

    public ToleranceUnit Run(StateDict before, ulong firstStep, ulong steps, CancellationToken cancellation)
    {
        IToleranceUnits.RequireSteps(firstStep, steps);
        ToleranceState.Require(before, _initial.Value);
        Load(before);
        (ulong loss, ulong correct, ulong answers) = (0, 0, 0);
        try
        {
            _runner.Train((long)firstStep, (long)steps, Add, cancellation);
        }
        catch (PouwException problem)
        {
            throw new ToleranceException(problem.Message);
        }

        StateDict after = Capture();
        ToleranceState.RequireFinite(after);
        return new ToleranceUnit(after, loss, correct, answers);

        void Add(long stepLoss, long stepCorrect, long stepAnswers) =>
            (loss, correct, answers) = (loss + (ulong)stepLoss, correct + (ulong)stepCorrect, answers + (ulong)stepAnswers);
    }

    public void Dispose() => _backend.Dispose();

    private static CompiledModel Compile(ToleranceRecipe recipe, ToleranceSamples samples, Module module, ulong seed)
    {
        TrainingSpec spec = new()
        {
            Model = module,
            Input = new ByteInput(recipe.InputColumn, recipe.InputShape, recipe.InputLength),
            Loss = new CrossEntropyLoss(recipe.LabelColumn),
            Optimiser = new Sgd(recipe.LearningRate, recipe.Momentum),
            BatchSize = recipe.BatchSize,
            MaskSeed = unchecked((long)seed),
        };
        ValidationResult result = ModelCompiler.TryCompile(spec, samples.Data.Count, VmLimits.Default, out CompiledModel? model);
        if (!result.IsValid)
        {
            throw new ToleranceException($"{result.Field}: {result.Message}");
        }

        return model!.OutputShape.Count == 2
            ? model
            : throw new ToleranceException($"The module gives [{string.Join(", ", model.OutputShape)}], not one logit a class.");
    }

    private void SetInputs(ToleranceRecipe recipe, ToleranceSamples samples, Hash256 orderKey)
    {
        Tensor inputs = new(TensorType.UInt8, samples.Data.Count, recipe.InputLength);
        for (int i = 0; i < inputs.Rows; i++)
        {
            samples.ReadChannelsLast(i, inputs.Bytes.Slice(i * recipe.InputLength, recipe.InputLength));
        }

        VmSlot labels = _runner.Model.Program.Program.Slots.First(slot => slot.Kind == SlotKind.Input && slot.Name == recipe.LabelColumn);
        _runner.SetInput(recipe.InputColumn, inputs);
        _runner.SetInput(recipe.LabelColumn, samples.Data.ToTensor(recipe.LabelColumn, labels.Type));
        _runner.SetOrder(orderKey);
    }

    private StateDict CreateInitial(float momentum, ulong seed)
    {
        _runner.Initialise(0); // The buffers; what it makes of the parameters is not used.
        StateDict made = ModelWeights.Capture(_runner);
        return ToleranceState.Initial(
            _runner.Model.Parameters.Select(parameter => (parameter.Name, made[parameter.Name].Shape)), Buffers(made), momentum, seed);
    }

    private IEnumerable<KeyValuePair<string, StateTensor>> Buffers(StateDict made) =>
        _runner.Model.Model.Names.Buffers.Select(buffer => _runner.Model.Model.Names.Of(buffer)).Select(name => KeyValuePair.Create(name, made[name]));

    private IEnumerable<KeyValuePair<string, StateTensor>> Parameters(StateDict made) =>
        _runner.Model.Parameters.Select(parameter => KeyValuePair.Create(parameter.Name, made[parameter.Name]));

    private StateDict Capture()
    {
        StateDict made = ModelWeights.Capture(_runner);
        return ToleranceState.Ordered(
            [.. Parameters(made), .. Buffers(made), .. OptimiserWeights.Capture(_runner).Select(static item => KeyValuePair.Create(MomentumOf(item.Key), item.Value))]);
    }

    private void Load(StateDict state)
    {
        StateDict momenta = new(_runner.Model.OptimiserSlots.Select(slot => KeyValuePair.Create(slot.Slot, state[MomentumOf(slot.Slot)])));
        // Not strict: tied weights have one name in a state of lane T.
        ValidationResult result = ModelWeights.TryRestore(_runner, new StateDict([.. Parameters(state), .. Buffers(state)]), strict: false);
        result = result.IsValid ? OptimiserWeights.TryRestore(_runner, momenta) : result;
        if (!result.IsValid)
        {
            throw new ToleranceException(result.Message);
        }
    }

    private static string MomentumOf(string slot) => ToleranceState.MomentumPrefix + slot[..^MomentumSuffix.Length];
}
