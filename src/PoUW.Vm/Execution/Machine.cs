using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Programs;
using PoUW.Vm.State;
using PoUW.Vm.Tensors;
using PoUW.Vm.Tracing;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Execution;

/// <summary>
/// Runs a verified program. State, output and scratch slots belong to the machine and keep their content between runs; input slots are
/// the host's tensors, which must not change during a run. The same program, inputs, state and arguments give the same result on every
/// machine. Not thread-safe; use one machine a thread.
/// </summary>
public sealed class Machine
{
    private readonly VerifiedProgram _verified;
    private readonly Tensor?[] _slots;
    private readonly TensorUnit _tensors;
    private readonly Interpreter _interpreter;
    private readonly List<(string Name, Tensor Tensor)> _state = [];
    private readonly SlotCommitments _commitments;

    /// <summary>Allocates the slots and the linear memory, all zero.</summary>
    /// <exception cref="OutOfMemoryException">This machine has not that much memory; see <see cref="TryCreate"/>.</exception>
    public Machine(VerifiedProgram program, ITensorBackend backend)
    {
        _verified = program;
        VmProgram code = program.Program;
        _slots = new Tensor?[code.Slots.Count];
        for (int i = 0; i < _slots.Length; i++)
        {
            VmSlot slot = code.Slots[i];
            _slots[i] = slot.Kind == SlotKind.Input ? null : new Tensor(slot.Type, slot.Rows, slot.Columns);
            if (slot.Kind == SlotKind.State)
            {
                _state.Add((slot.Name, _slots[i]!));
            }
        }

        _commitments = new SlotCommitments(code, _slots);
        _tensors = new TensorUnit(program, backend, _slots, [.. _state.Select(s => s.Tensor)], _commitments);
        _interpreter = new Interpreter(program, _tensors);
    }

    /// <summary>Makes a machine, or says that there is not enough memory for its slots here.</summary>
    public static ValidationResult TryCreate(VerifiedProgram program, ITensorBackend backend, out Machine? machine)
    {
        try
        {
            machine = new Machine(program, backend);
            return ValidationResult.Ok;
        }
        catch (OutOfMemoryException)
        {
            machine = null;
            return ValidationResult.Fail(
                ValidationCode.TooLarge, "slots", $"There is no memory for the {program.MemoryBytes} bytes of the program's slots and memory.");
        }
    }

    /// <summary>The program.</summary>
    public VmProgram Program => _verified.Program;

    /// <summary>
    /// State slots in program order. The tensors are live and may be written between runs: once they were handed out, here or by
    /// <see cref="Slot"/>, the machine cannot know when they change, so every later root hashes all of them.
    /// </summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> State
    {
        get
        {
            _commitments.ShareState();
            return _state;
        }
    }

    /// <summary>
    /// The root over all state slots, see <see cref="StateCommitment"/>. Costs what was written since the last one, and all of the tensors
    /// that were handed out.
    /// </summary>
    public Hash256 StateRoot()
    {
        _commitments.Refresh();
        return _commitments.State.Root();
    }

    /// <summary>A proof of one leaf of a state slot under the present <see cref="StateRoot"/>.</summary>
    /// <param name="name">Name of the state slot.</param>
    /// <param name="leaf">Index of the leaf, see <see cref="LeafLayout"/>.</param>
    /// <exception cref="ArgumentException">The program has no such state slot, or the slot has no such leaf.</exception>
    public MachineStateProof ProveState(string name, int leaf)
    {
        int index = _state.FindIndex(slot => slot.Name == name);
        if (index < 0)
        {
            throw new ArgumentException($"The program has no state slot '{name}'.", nameof(name));
        }

        _commitments.Refresh();
        return _commitments.State.Prove(index, leaf);
    }

    /// <summary>The state slots as bytes for another machine of the same program, see <see cref="MachineState"/>.</summary>
    public byte[] ExportState() => MachineState.Encode(_state);

    /// <summary>Replaces the content of the state slots by exported bytes. On failure nothing changes.</summary>
    public ValidationResult ImportState(ReadOnlySpan<byte> bytes)
    {
        ValidationResult result = MachineState.TryDecode(bytes, _verified.Limits, out IReadOnlyList<(string Name, Tensor Tensor)>? decoded);
        if (!result.IsValid || decoded is null)
        {
            return result;
        }

        bool matches = decoded.Count == _state.Count
            && decoded.Zip(_state).All(pair => pair.First.Name == pair.Second.Name && HasShape(pair.First.Tensor, pair.Second.Tensor));
        if (!matches)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "state", "The state is not that of this program.");
        }

        _commitments.WrittenState();
        for (int i = 0; i < decoded.Count; i++)
        {
            decoded[i].Tensor.Bytes.CopyTo(_state[i].Tensor.Bytes);
        }

        return ValidationResult.Ok;
    }

    /// <summary>The live tensor of a slot. For a state slot, see <see cref="State"/>.</summary>
    /// <exception cref="ArgumentException">There is no such slot, or it is an input that was not set.</exception>
    public Tensor Slot(string name)
    {
        int index = IndexOf(name);
        if (index < 0 || _slots[index] is not Tensor tensor)
        {
            throw new ArgumentException($"The program has no slot '{name}', or it is an input that was not set.", nameof(name));
        }

        _commitments.Share(index);
        return tensor;
    }

    /// <summary>Gives an input slot its tensor, which is not copied.</summary>
    public ValidationResult SetInput(string name, Tensor tensor)
    {
        int index = IndexOf(name);
        if (index < 0 || Program.Slots[index].Kind != SlotKind.Input)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, name, $"The program has no input '{name}'.");
        }

        VmSlot slot = Program.Slots[index];
        if (tensor.Type != slot.Type || tensor.Rows != slot.Rows || tensor.Columns != slot.Columns)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, name,
                $"Input '{name}' is {slot.Type} {slot.Rows}x{slot.Columns}, not {tensor.Type} {tensor.Rows}x{tensor.Columns}.");
        }

        _slots[index] = tensor;
        return ValidationResult.Ok;
    }

    /// <summary>Runs from an entry point until HALT, a trap, the end of the gas or cancellation.</summary>
    /// <param name="entry">Name of the entry point.</param>
    /// <param name="arguments">As many values as the entry point takes.</param>
    /// <param name="gasLimit">Gas that the run may use.</param>
    /// <param name="cancellation">Observed between instructions; a tensor operation is not interrupted.</param>
    /// <exception cref="ArgumentException">No such entry point, or the wrong number of arguments.</exception>
    public VmResult Run(string entry, ReadOnlySpan<long> arguments, long gasLimit, CancellationToken cancellation = default) =>
        Run(entry, arguments, new RunBudget(gasLimit), cancellation);

    /// <inheritdoc cref="Run(string, ReadOnlySpan{long}, long, CancellationToken)"/>
    /// <param name="entry">Name of the entry point.</param>
    /// <param name="arguments">As many values as the entry point takes.</param>
    /// <param name="budget">Gas and time that the run may use.</param>
    /// <param name="cancellation">Observed between instructions; a tensor operation is not interrupted.</param>
    public VmResult Run(string entry, ReadOnlySpan<long> arguments, RunBudget budget, CancellationToken cancellation = default)
    {
        VmEntryPoint? point = Program.EntryPoints.FirstOrDefault(e => e.Name == entry);
        if (point is null || point.ParameterCount != arguments.Length)
        {
            throw new ArgumentException($"The program has no entry point '{entry}' with {arguments.Length} argument(s).", nameof(entry));
        }

        long gasLimit = Math.Max(budget.Gas, 0);
        int index = _verified.IndexOf(point.Offset);
        (VmOutcome outcome, VmTrap trap) = _interpreter.Run(ref index, arguments, budget with { Gas = gasLimit }, cancellation);
        Instruction last = _verified.Instructions[index];
        string message = outcome == VmOutcome.Halted ? "" : Describe(outcome, trap, last);
        return new VmResult(outcome, trap, last.Offset, last.Op, message, gasLimit - _interpreter.State.Gas, _interpreter.State.Outputs);
    }

    /// <summary>
    /// Runs like <see cref="Run(string, ReadOnlySpan{long}, long, CancellationToken)"/>, with the same result, and records every tensor instruction that is executed. Costs a hash of what each
    /// one writes and, at first, of all slots that it names. Needs a backend that keeps the tensors of the machine up to date.
    /// </summary>
    /// <param name="entry">Name of the entry point.</param>
    /// <param name="arguments">As many values as the entry point takes.</param>
    /// <param name="gasLimit">Gas that the run may use.</param>
    /// <param name="cancellation">Observed between instructions.</param>
    /// <exception cref="ArgumentException">No such entry point, or the wrong number of arguments.</exception>
    public TracedRun Trace(string entry, ReadOnlySpan<long> arguments, long gasLimit, CancellationToken cancellation = default)
    {
        _commitments.Refresh();
        TraceRecorder recorder = new(_commitments, _verified.Limits.MaxTraceRecords, Math.Max(gasLimit, 0));
        _tensors.Recorder = recorder;
        try
        {
            return recorder.Finish(Run(entry, arguments, gasLimit, cancellation));
        }
        finally
        {
            _tensors.Recorder = null;
            _commitments.ForgetOthers();
        }
    }

    private static string Describe(VmOutcome outcome, VmTrap trap, in Instruction last)
    {
        string name = last.Op == Opcode.VectorOp ? $"VECTOROP {last.Operation}" : last.Op.ToString().ToUpperInvariant();
        return outcome == VmOutcome.Trapped ? $"{trap} in {name} at {last.Offset}." : $"{outcome} before {name} at {last.Offset}.";
    }

    private static bool HasShape(Tensor a, Tensor b) => a.Type == b.Type && a.Rows == b.Rows && a.Columns == b.Columns;

    private int IndexOf(string name)
    {
        for (int i = 0; i < Program.Slots.Count; i++)
        {
            if (Program.Slots[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }
}
