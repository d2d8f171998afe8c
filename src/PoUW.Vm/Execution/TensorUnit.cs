using PoUW.Vm.Backends;
using PoUW.Vm.Bytecode;
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

    public TensorUnit(VerifiedProgram program, ITensorBackend backend, Tensor?[] slots, IReadOnlyList<Tensor> state)
    {
        (_program, _backend, _slots, _state) = (program, backend, slots, state);
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
        for (int i = 0; i < instruction.SlotCount; i++)
        {
            if (_slots[instruction.Slot(i)] is null)
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

    private VmTrap MatMul(in Instruction instruction, in MatMulShape shape)
    {
        Tensor a = _slots[instruction.Slot1]!;
        Tensor b = _slots[instruction.Slot2]!;
        if (!OperandRange.IsMatMulOperand(a.Int8) || !OperandRange.IsMatMulOperand(b.Int8))
        {
            return VmTrap.ElementOutOfRange;
        }

        _backend.MatMul(shape, a, b, _slots[instruction.Slot0]!);
        return VmTrap.None;
    }

    private VmTrap Vector(in Instruction instruction, RunState run)
    {
        int pops = instruction.Pops;
        ReadOnlySpan<long> arguments = run.Stack.AsSpan(run.StackTop - pops, pops);
        VectorOperation operation = new(
            instruction.Vector, instruction.Immediate0, instruction.Immediate1,
            pops > 0 ? arguments[0] : 0, pops > 1 ? arguments[1] : 0, pops > 2 ? arguments[2] : 0);
        int count = instruction.SlotCount;
        VectorOperands operands = new(
            _slots[instruction.Slot0]!, count > 1 ? _slots[instruction.Slot1] : null, count > 2 ? _slots[instruction.Slot2] : null);
        VmTrap trap = ArgumentChecks.Check(operation, operands);
        if (trap != VmTrap.None)
        {
            return trap;
        }

        long result = _backend.VectorOp(operation, operands);
        run.StackTop -= pops;
        if (instruction.Pushes != 0)
        {
            run.Push(result);
        }

        return VmTrap.None;
    }

    private VmTrap MemCopy(in Instruction instruction, RunState run, out bool outOfGas)
    {
        outOfGas = false;
        Tensor destination = _slots[instruction.Slot0]!;
        Tensor source = _slots[instruction.Slot1]!;
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
