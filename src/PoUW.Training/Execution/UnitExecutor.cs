using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.TileWork;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;
using PoUW.Vm.Verification;

namespace PoUW.Training.Execution;

/// <summary>
/// Runs the units of one job in the VM. The result is a function of the manifest, the program, the data and the start state; the backend
/// changes only how fast it comes. Not thread-safe: one executor belongs to one thread at a time.
/// </summary>
public sealed class UnitExecutor : IUnitExecutor
{
    /// <summary>Gas of one run. A unit that needs more traps, on every machine alike.</summary>
    public const long GasLimit = long.MaxValue / 2;

    private readonly JobManifest _manifest;
    private readonly Machine _machine;
    private readonly IUnitBackend? _unitBackend;
    private readonly VmLimits _limits;

    /// <summary>
    /// Prepares a machine with the job's program and data: the input slot "order.key", if there is one, takes the job's id, and every other
    /// input slot the column of its name.
    /// </summary>
    /// <param name="manifest">The job.</param>
    /// <param name="assets">What the manifest names.</param>
    /// <param name="backend">Computes; if it is an <see cref="IUnitBackend"/>, it hears where the units of leases begin and end.</param>
    /// <param name="limits">Limits of the machine.</param>
    /// <exception cref="TrainingException">
    /// The assets are not those of the manifest, the program lacks an entry point, or the data has no column that fits an input.
    /// </exception>
    public UnitExecutor(JobManifest manifest, JobAssets assets, ITensorBackend backend, VmLimits limits)
    {
        if (assets.Validate(manifest) is { IsValid: false } problem)
        {
            throw new TrainingException($"The job cannot run: {problem}");
        }

        _manifest = manifest;
        _limits = limits;
        VerifiedProgram program = Verify(assets.Program, limits);
        RequireEntry(assets.Program, ModelProgram.InitEntry, parameters: 1);
        RequireEntry(assets.Program, ModelProgram.TrainEntry, parameters: 2);
        _machine = new Machine(program, backend);
        _unitBackend = backend as IUnitBackend;
        StateBytes = _machine.ExportState().Length;
        Require(DatasetInputs.TrySet(_machine, assets.Data, ModelProgram.OrderKey));
        if (assets.Program.Slots.Any(slot => slot is { Name: ModelProgram.OrderKey, Kind: SlotKind.Input }))
        {
            Require(_machine.SetInput(ModelProgram.OrderKey, KeyTensor(manifest.JobId)));
        }
    }

    /// <inheritdoc/>
    public long StateBytes { get; }

    /// <summary>The state before the first step: the program's init entry with the manifest's seed.</summary>
    public ModelState InitialState(CancellationToken cancellation)
    {
        // The machine's numbers are signed: the upper half of the seeds are the negative ones.
        Run(ModelProgram.InitEntry, [unchecked((long)_manifest.Seed)], cancellation);
        return ModelState.Of(_machine, _limits);
    }

    /// <summary>Runs a unit from its start state. Its products belong to no lease.</summary>
    /// <exception cref="TrainingException">The program trapped, or emitted something else than a training program does.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public UnitResult RunUnit(ModelState start, ulong unit, CancellationToken cancellation) =>
        RunSteps(start, _manifest.FirstStep(unit), _manifest.StepsInUnit(unit), cancellation);

    /// <summary>Runs the unit of a lease from its start state. Its products are the lease's operations.</summary>
    /// <exception cref="TrainingException">The program trapped, or emitted something else than a training program does.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public UnitResult RunUnit(ModelState start, Lease lease, CancellationToken cancellation) =>
        RunSteps(start, lease, _manifest.FirstStep(lease.Unit), _manifest.StepsInUnit(lease.Unit), cancellation);

    /// <inheritdoc/>
    /// <remarks>The products of the steps are taken for the lease's operations, which they are only if the steps are those of its unit.</remarks>
    public UnitResult RunSteps(ModelState start, Lease lease, ulong firstStep, ulong steps, CancellationToken cancellation)
    {
        _unitBackend?.BeginUnit(new UnitOperations(_manifest, lease.JobId, lease.Unit, lease.Attempt));
        try
        {
            return RunSteps(start, firstStep, steps, cancellation);
        }
        finally
        {
            _unitBackend?.EndUnit();
        }
    }

    /// <summary>Runs any consecutive steps from a start state. Their products belong to no lease.</summary>
    /// <exception cref="TrainingException">The program trapped, or emitted something else than a training program does.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public UnitResult RunSteps(ModelState start, ulong firstStep, ulong steps, CancellationToken cancellation)
    {
        ValidationResult import = _machine.ImportState(start.Encoded.Span);
        if (!import.IsValid)
        {
            throw new TrainingException($"The start state does not fit the program: {import}");
        }

        VmResult run = Run(ModelProgram.TrainEntry, [checked((long)firstStep), checked((long)steps)], cancellation);
        if ((ulong)run.Outputs.Count != ModelProgram.OutputsPerStep * steps)
        {
            throw new TrainingException(
                $"The program emitted {run.Outputs.Count} values for {steps} steps; {ModelProgram.OutputsPerStep} a step are expected.");
        }

        return new UnitResult(ModelState.Of(_machine, _limits), SumOf(run.Outputs, 0), SumOf(run.Outputs, 1), SumOf(run.Outputs, 2));
    }

    // What a program emits is the submitter's choice, so neither sign nor size can be relied on.
    private static ulong SumOf(IReadOnlyList<long> outputs, int first)
    {
        UInt128 sum = 0;
        for (int i = first; i < outputs.Count; i += ModelProgram.OutputsPerStep)
        {
            sum += outputs[i] >= 0 ? (UInt128)outputs[i] : throw new TrainingException($"The program emitted {outputs[i]}, which is no count or loss.");
        }

        return sum <= ulong.MaxValue ? (ulong)sum : throw new TrainingException("The values that the program emitted add up to more than 64 bits.");
    }

    private static void RequireEntry(VmProgram program, string name, int parameters)
    {
        if (!program.EntryPoints.Any(entry => entry.Name == name && entry.ParameterCount == parameters))
        {
            throw new TrainingException($"The program has no entry point '{name}' with {parameters} parameter(s).");
        }
    }

    private VmResult Run(string entry, ReadOnlySpan<long> arguments, CancellationToken cancellation)
    {
        VmResult result = _machine.Run(entry, arguments, GasLimit, cancellation);
        cancellation.ThrowIfCancellationRequested();
        return result.IsHalted
            ? result
            : throw new TrainingException($"{entry} ended with {result.Outcome} at {result.Pc} ({result.Opcode}): {result.Message}");
    }

    private static VerifiedProgram Verify(VmProgram program, VmLimits limits) =>
        ProgramVerifier.Verify(program, limits, out VerifiedProgram? verified) is { IsValid: false } problem
            ? throw new TrainingException($"The program is not safe to run: {problem}")
            : verified!;

    private static void Require(ValidationResult result)
    {
        if (!result.IsValid)
        {
            throw new TrainingException($"The job's data does not fit its program: {result}");
        }
    }

    private static Tensor KeyTensor(Hash256 key)
    {
        Tensor tensor = new(TensorType.UInt8, Hash256.Size, 1);
        key.CopyTo(tensor.UInt8);
        return tensor;
    }
}
