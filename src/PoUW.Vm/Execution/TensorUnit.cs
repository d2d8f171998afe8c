using System.Buffers.Binary;
using PoUW.Vm.Backends;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;
using PoUW.Vm.Tracing;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Execution;

/// <summary>Executes the instructions that go to the backend, after checking what the verifier cannot know.</summary>
internal sealed class TensorUnit
{
    private readonly VerifiedProgram _program;
    private readonly ITensorBackend _backend;
    private readonly Tensor?[] _slots;
    private readonly MatMulShape[] _shapes;
    private readonly IReadOnlyList<Tensor> _state;
    private readonly Tensor[] _operands;
    private readonly SlotCommitments _commitments;

    public TensorUnit(
        VerifiedProgram program, ITensorBackend backend, Tensor?[] slots, IReadOnlyList<Tensor> state, SlotCommitments commitments)
    {
        (_program, _backend, _slots, _state, _commitments) = (program, backend, slots, state, commitments);
        _operands = new Tensor[TensorOps.MaxOperands];
        _shapes = new MatMulShape[program.Instructions.Length];
        for (int i = 0; i < _shapes.Length; i++)
        {
            Instruction instruction = program.Instructions[i];
            _shapes[i] = instruction.Op == Opcode.MatMul ? OperandChecks.ShapeOf(program.Program, instruction) : default;
        }
    }

    /// <summary>Looks at every instruction that is executed; null when nothing is traced.</summary>
    public TraceRecorder? Recorder { get; set; }

    /// <summary>Executes the instruction at an index; its static gas is paid.</summary>
    /// <param name="index">Index of the instruction.</param>
    /// <param name="run">Stack and gas.</param>
    /// <param name="outOfGas">True if the dynamic gas of a copy is not there.</param>
    public VmTrap Execute(int index, RunState run, out bool outOfGas)
    {
        outOfGas = false;
        ref readonly Instruction instruction = ref _program.Instructions[index];
        foreach (int slot in instruction.Slots)
        {
            if (_slots[slot] is null)
            {
                return VmTrap.InputMissing;
            }
        }

        // Marked after the recorder's roots, which clear marks, and before it runs: a backend that throws may have written half of it.
        Recorder?.Before(instruction, run);
        _commitments.Writing(instruction);
        VmTrap trap = Dispatch(index, instruction, run, out outOfGas);
        if (trap == VmTrap.None && !outOfGas)
        {
            Recorder?.After(instruction, run);
        }

        return trap;
    }

    private VmTrap Dispatch(int index, in Instruction instruction, RunState run, out bool outOfGas)
    {
        outOfGas = false;
        switch (instruction.Op)
        {
            case Opcode.MatMul:
                return MatMul(instruction, _shapes[index]);
            case Opcode.VectorOp:
                return Vector(instruction, run);
            case Opcode.MemCopy:
                return MemCopy(instruction, run, out outOfGas);
            case Opcode.TensorLoad:
                return Load(instruction, run);
            case Opcode.TensorStore:
                return Store(instruction, run);
            default:
                _backend.Checkpoint(_program.Program.Checkpoints[(int)instruction.Value], _state);
                _commitments.Settled();
                return VmTrap.None;
        }
    }

    private static (long Low, long High) RangeOf(TensorType type) => type switch
    {
        TensorType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        TensorType.UInt8 => (byte.MinValue, byte.MaxValue),
        TensorType.Int64 => (long.MinValue, long.MaxValue),
        _ => (int.MinValue, int.MaxValue),
    };

    /// <summary>The element that row and column on the stack name; below 0 if there is none.</summary>
    private static int Locate(Tensor tensor, RunState run)
    {
        (long row, long column) = (run.Stack[run.StackTop - 2], run.Stack[run.StackTop - 1]);
        bool exists = row >= 0 && row < tensor.Rows && column >= 0 && column < tensor.Columns;
        return exists ? (int)((row * tensor.Columns) + column) : -1;
    }

    /// <summary>Pops row and column, pushes the element.</summary>
    private VmTrap Load(in Instruction instruction, RunState run)
    {
        Tensor tensor = _slots[instruction.Slots[0]]!;
        int at = Locate(tensor, run);
        if (at < 0)
        {
            return VmTrap.ArgumentOutOfRange;
        }

        run.StackTop -= 2;
        run.Push(tensor.Type switch
        {
            TensorType.Int8 => tensor.Int8[at],
            TensorType.UInt8 => tensor.UInt8[at],
            TensorType.Int32 => tensor.Int32[at],
            TensorType.Int64 => tensor.Int64[at],
            _ => BitConverter.SingleToInt32Bits(tensor.Float32[at]),
        });
        return VmTrap.None;
    }

    /// <summary>Pops value, row and column.</summary>
    private VmTrap Store(in Instruction instruction, RunState run)
    {
        Tensor tensor = _slots[instruction.Slots[0]]!;
        int at = Locate(tensor, run);
        if (at < 0)
        {
            return VmTrap.ArgumentOutOfRange;
        }

        long value = run.Stack[run.StackTop - 3];
        (long low, long high) = RangeOf(tensor.Type);
        if (value < low || value > high)
        {
            return VmTrap.ElementOutOfRange;
        }

        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, value);
        int size = Tensor.ElementSize(tensor.Type);
        long offset = (long)at * size;
        _commitments.Written(instruction.Slots[0], offset, size);
        number[..size].CopyTo(tensor.Bytes[(int)offset..]);
        run.StackTop -= 3;
        return VmTrap.None;
    }

    private VmTrap MatMul(in Instruction instruction, in MatMulShape shape)
    {
        Tensor a = _slots[instruction.Slots[1]]!;
        Tensor b = _slots[instruction.Slots[2]]!;
        if (a.Type == TensorType.Int8 && (!OperandRange.IsMatMulOperand(a.Int8) || !OperandRange.IsMatMulOperand(b.Int8)))
        {
            return VmTrap.ElementOutOfRange;
        }

        _backend.MatMul(shape, a, b, _slots[instruction.Slots[0]]!);
        return VmTrap.None;
    }

    private VmTrap Vector(in Instruction instruction, RunState run)
    {
        TensorOp operation = instruction.Operation!;
        int pops = operation.Arguments.Count;
        int count = instruction.Slots.Length;
        for (int i = 0; i < count; i++)
        {
            _operands[i] = _slots[instruction.Slots[i]]!;
        }

        TensorCall call = new(_operands.AsSpan(0, count), instruction.Immediates, run.Stack.AsSpan(run.StackTop - pops, pops));
        VmTrap trap = operation.CheckCall(call);
        if (trap != VmTrap.None)
        {
            return trap;
        }

        long result = _backend.Run(operation, call);
        run.StackTop -= pops;
        if (operation.HasResult)
        {
            run.Push(result);
        }

        return VmTrap.None;
    }

    private VmTrap MemCopy(in Instruction instruction, RunState run, out bool outOfGas)
    {
        outOfGas = false;
        Tensor destination = _slots[instruction.Slots[0]]!;
        Tensor source = _slots[instruction.Slots[1]]!;
        ReadOnlySpan<long> arguments = run.Stack.AsSpan(run.StackTop - 3, 3);
        (long to, long from, long count) = (arguments[0], arguments[1], arguments[2]);
        if (to < 0 || from < 0 || count < 0 || to > destination.Rows || from > source.Rows
            || count > destination.Rows - to || count > source.Rows - from)
        {
            return VmTrap.ArgumentOutOfRange;
        }

        long rowBytes = source.Bytes.Length / source.Rows;
        long gas = GasSchedule.OfCopy(count * rowBytes);
        if (gas > run.Gas)
        {
            outOfGas = true;
            return VmTrap.None;
        }

        run.Gas -= gas;
        run.StackTop -= 3;
        _commitments.Written(instruction.Slots[0], to * rowBytes, count * rowBytes);
        _backend.MemCopy(new RowRange((int)to, (int)from, (int)count), destination, source);
        return VmTrap.None;
    }
}
