using System.Buffers.Binary;
using PoUW.Vm.Backends;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;
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

    public TensorUnit(VerifiedProgram program, ITensorBackend backend, Tensor?[] slots, IReadOnlyList<Tensor> state)
    {
        (_program, _backend, _slots, _state) = (program, backend, slots, state);
        _operands = new Tensor[TensorOps.MaxOperands];
        _shapes = new MatMulShape[program.Instructions.Length];
        for (int i = 0; i < _shapes.Length; i++)
        {
            Instruction instruction = program.Instructions[i];
            _shapes[i] = instruction.Op == Opcode.MatMul ? OperandChecks.ShapeOf(program.Program, instruction) : default;
        }
    }

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

        switch (instruction.Op)
        {
            case Opcode.MatMul:
                return MatMul(instruction, _shapes[index]);
            case Opcode.VectorOp:
                return Vector(instruction, run);
            case Opcode.MemCopy:
                return MemCopy(instruction, run, out outOfGas);
            default:
                _backend.Checkpoint(_program.Program.Checkpoints[(int)instruction.Value], _state);
                return VmTrap.None;
        }
    }

    /// <summary>TLOAD: pops row and column, pushes the element.</summary>
    public VmTrap Load(int index, RunState run)
    {
        VmTrap trap = Locate(index, run, out Tensor tensor, out int at);
        if (trap == VmTrap.None)
        {
            run.StackTop -= 2;
            run.Push(tensor.Type switch
            {
                TensorType.Int8 => tensor.Int8[at],
                TensorType.UInt8 => tensor.UInt8[at],
                TensorType.Int32 => tensor.Int32[at],
                TensorType.Int64 => tensor.Int64[at],
                _ => BitConverter.SingleToInt32Bits(tensor.Float32[at]),
            });
        }

        return trap;
    }

    /// <summary>TSTORE: pops value, row and column.</summary>
    public VmTrap Store(int index, RunState run)
    {
        VmTrap trap = Locate(index, run, out Tensor tensor, out int at);
        if (trap != VmTrap.None)
        {
            return trap;
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
        number[..size].CopyTo(tensor.Bytes[(at * size)..]);
        run.StackTop -= 3;
        return VmTrap.None;
    }

    private static (long Low, long High) RangeOf(TensorType type) => type switch
    {
        TensorType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        TensorType.UInt8 => (byte.MinValue, byte.MaxValue),
        TensorType.Int64 => (long.MinValue, long.MaxValue),
        _ => (int.MinValue, int.MaxValue),
    };

    /// <summary>The element that row and column on the stack name.</summary>
    private VmTrap Locate(int index, RunState run, out Tensor tensor, out int at)
    {
        Tensor? found = _slots[_program.Instructions[index].Slots[0]];
        (tensor, at) = (found!, 0);
        if (found is null)
        {
            return VmTrap.InputMissing;
        }

        (long row, long column) = (run.Stack[run.StackTop - 2], run.Stack[run.StackTop - 1]);
        if (row < 0 || row >= found.Rows || column < 0 || column >= found.Columns)
        {
            return VmTrap.ArgumentOutOfRange;
        }

        at = (int)((row * found.Columns) + column);
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

        long gas = GasSchedule.OfCopy(count * (source.Bytes.Length / source.Rows));
        if (gas > run.Gas)
        {
            outOfGas = true;
            return VmTrap.None;
        }

        run.Gas -= gas;
        run.StackTop -= 3;
        _backend.MemCopy(new RowRange((int)to, (int)from, (int)count), destination, source);
        return VmTrap.None;
    }
}
