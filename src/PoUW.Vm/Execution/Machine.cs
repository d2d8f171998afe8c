using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Arithmetic;
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
    private const int CancellationInterval = 1024;

    private readonly VerifiedProgram _verified;
    private readonly Tensor?[] _slots;
    private readonly CodeCell[] _cells;
    private readonly TensorUnit _tensors;
    private readonly RunState _run;
    private readonly List<(string Name, Tensor Tensor)> _state = [];
    private readonly SlotCommitments _commitments;

    /// <summary>Allocates the slots, all zero.</summary>
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
        _run = new RunState(program.Limits.MaxStackDepth, program.Limits.MaxCallDepth);
        _cells = new CodeCell[program.Instructions.Length];
        for (int i = 0; i < _cells.Length; i++)
        {
            Instruction instruction = program.Instructions[i];
            bool isConstant = instruction.Op == Opcode.Constant;
            _cells[i] = new CodeCell(
                isConstant ? Opcode.Push : instruction.Op,
                isConstant ? code.Constants[(int)instruction.Value] : instruction.Value,
                GasSchedule.Of(code, instruction));
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
    public VmResult Run(string entry, ReadOnlySpan<long> arguments, long gasLimit, CancellationToken cancellation = default)
    {
        VmEntryPoint? point = Program.EntryPoints.FirstOrDefault(e => e.Name == entry);
        if (point is null || point.ParameterCount != arguments.Length)
        {
            throw new ArgumentException($"The program has no entry point '{entry}' with {arguments.Length} argument(s).", nameof(entry));
        }

        _run.Begin(arguments, Math.Max(gasLimit, 0));
        int index = _verified.IndexOf(point.Offset);
        (VmOutcome outcome, VmTrap trap) = Loop(ref index, cancellation);
        Instruction last = _verified.Instructions[index];
        string message = outcome == VmOutcome.Halted ? "" : Describe(outcome, trap, last);
        return new VmResult(outcome, trap, last.Offset, last.Op, message, Math.Max(gasLimit, 0) - _run.Gas, _run.Outputs);
    }

    /// <summary>
    /// Runs like <see cref="Run"/>, with the same result, and records every tensor instruction that is executed. Costs a hash of what each
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

    /// <summary>The interpreter loop. Depths were verified, so only calls have to check the stack.</summary>
    private (VmOutcome Outcome, VmTrap Trap) Loop(ref int index, CancellationToken cancellation)
    {
        RunState run = _run;
        CodeCell[] cells = _cells;
        int untilCancellationCheck = 0;
        if (_verified.MaxDepth > run.Stack.Length)
        {
            return (VmOutcome.Trapped, VmTrap.StackOverflow);
        }

        while (true)
        {
            ref readonly CodeCell cell = ref cells[index];
            if (--untilCancellationCheck < 0 || cell.Op >= Opcode.MatMul)
            {
                untilCancellationCheck = CancellationInterval;
                if (cancellation.IsCancellationRequested)
                {
                    return (VmOutcome.Cancelled, VmTrap.None);
                }
            }

            if (cell.Gas > run.Gas)
            {
                return (VmOutcome.OutOfGas, VmTrap.None);
            }

            run.Gas -= cell.Gas;
            VmTrap trap;
            switch (cell.Op)
            {
                case Opcode.Halt:
                    return (VmOutcome.Halted, VmTrap.None);
                case Opcode.Jump:
                    index = (int)cell.Value;
                    continue;
                case Opcode.JumpIf:
                    index = run.Pop() != 0 ? (int)cell.Value : index + 1;
                    continue;
                case Opcode.Call or Opcode.Ret:
                    trap = CallOrReturn(cell, run, ref index);
                    if (trap == VmTrap.None)
                    {
                        continue;
                    }

                    break;
                case < Opcode.Add:
                    trap = MoveValue(cell, run);
                    break;
                case <= Opcode.Rand:
                    trap = Calculate(cell.Op, run);
                    break;
                case Opcode.Emit:
                    trap = Emit(run);
                    break;
                default:
                    trap = _tensors.Execute(index, run, out bool outOfGas);
                    if (outOfGas)
                    {
                        return (VmOutcome.OutOfGas, VmTrap.None);
                    }

                    break;
            }

            if (trap != VmTrap.None)
            {
                return (VmOutcome.Trapped, trap);
            }

            index++;
        }
    }

    private VmTrap CallOrReturn(in CodeCell cell, RunState run, ref int index)
    {
        if (cell.Op == Opcode.Ret)
        {
            if (run.CallTop == 0)
            {
                return VmTrap.CallStackEmpty;
            }

            index = run.Calls[--run.CallTop];
            return VmTrap.None;
        }

        if (run.CallTop == run.Calls.Length || run.StackTop + _verified.MaxDepth > run.Stack.Length)
        {
            return VmTrap.StackOverflow;
        }

        run.Calls[run.CallTop++] = index + 1;
        index = (int)cell.Value;
        return VmTrap.None;
    }

    private VmTrap Emit(RunState run)
    {
        if (run.Outputs.Count == _verified.Limits.MaxOutputs)
        {
            return VmTrap.TooManyOutputs;
        }

        run.Outputs.Add(run.Pop());
        return VmTrap.None;
    }

    private static VmTrap MoveValue(in CodeCell cell, RunState run)
    {
        switch (cell.Op)
        {
            case Opcode.Push:
                run.Push(cell.Value);
                break;
            case Opcode.Pop:
                run.StackTop--;
                break;
            case Opcode.Dup:
                run.Push(run.Stack[run.StackTop - 1]);
                break;
            case Opcode.Swap:
                Span<long> top = run.Stack.AsSpan(run.StackTop - 2, 2);
                (top[0], top[1]) = (top[1], top[0]);
                break;
            case Opcode.Load:
                run.Push(run.Locals[(int)cell.Value]);
                break;
            default:
                run.Locals[(int)cell.Value] = run.Pop();
                break;
        }

        return VmTrap.None;
    }

    private static VmTrap Calculate(Opcode op, RunState run)
    {
        if (op is Opcode.Neg or Opcode.BitWidth)
        {
            ref long value = ref run.Stack[run.StackTop - 1];
            if (op == Opcode.Neg)
            {
                return CheckedInteger.Subtract(0, value, out value);
            }

            value = IntegerRounding.BitWidth(value);
            return VmTrap.None;
        }

        if (op == Opcode.Rand)
        {
            long index = run.Pop();
            long stream = run.Pop();
            run.Push(Philox4x32.Next64(run.Pop(), stream, index));
            return VmTrap.None;
        }

        long b = run.Pop();
        ref long a = ref run.Stack[run.StackTop - 1];
        return Binary(op, a, b, out a);
    }

    private static VmTrap Binary(Opcode op, long a, long b, out long result)
    {
        switch (op)
        {
            case Opcode.Add:
                return CheckedInteger.Add(a, b, out result);
            case Opcode.Sub:
                return CheckedInteger.Subtract(a, b, out result);
            case Opcode.Mul:
                return CheckedInteger.Multiply(a, b, out result);
            case Opcode.Div or Opcode.Mod:
                return CheckedInteger.Divide(a, b, op == Opcode.Mod, out result);
            case Opcode.Shl:
                return CheckedInteger.ShiftLeft(a, b, out result);
            case Opcode.Shr:
                return CheckedInteger.ShiftRight(a, b, out result);
        }

        result = op switch
        {
            Opcode.And => a & b,
            Opcode.Or => a | b,
            Opcode.Xor => a ^ b,
            Opcode.Equal => a == b ? 1 : 0,
            Opcode.NotEqual => a != b ? 1 : 0,
            Opcode.Less => a < b ? 1 : 0,
            Opcode.LessOrEqual => a <= b ? 1 : 0,
            Opcode.Min => Math.Min(a, b),
            _ => Math.Max(a, b),
        };
        return VmTrap.None;
    }
}
