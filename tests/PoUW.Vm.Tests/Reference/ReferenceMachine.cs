using System.Numerics;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Execution;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Reference.ReferenceCall;

namespace PoUW.Vm.Tests.Reference;

/// <summary>
/// A second interpreter of verified programs, written from docs/vm.md and not from the machine: it decodes every instruction when it
/// reaches it, computes with <see cref="BigInteger"/> and checks the 64 bits afterwards. Of PoUW.Vm it uses the names of opcodes, element
/// types, traps and outcomes, the gas of vector operations, and the elementary functions of fp32, which have vectors of their own.
/// </summary>
internal sealed class ReferenceMachine
{
    private const int InputKind = 1;

    private readonly ReferenceProgram _program;
    private readonly ReferenceLimits _limits;
    private readonly ReferenceTensor?[] _slots;
    private readonly int _deepest;
    private readonly Stack<BigInteger> _stack = new();
    private readonly Stack<int> _returns = new();
    private readonly BigInteger[] _locals = new BigInteger[256];
    private readonly List<BigInteger> _outputs = [];
    private byte[] _memory = [];
    private BigInteger _gas;
    private BigInteger _gasLimit;
    private int _next;
    private long[] _operands = [];

    public ReferenceMachine(ReferenceProgram program, ReferenceLimits limits)
    {
        (_program, _limits) = (program, limits);
        _deepest = ReferenceCode.DeepestStack(program);
        _slots = [.. program.Slots.Select(s => s.Kind == InputKind ? null : new ReferenceTensor(s.Type, s.Rows, s.Columns))];
    }

    /// <summary>The steps of the last run.</summary>
    public List<ReferenceStep> Steps { get; } = [];

    /// <summary>Content of a slot, or null for an input that was not set.</summary>
    public byte[]? Content(int slot) => _slots[slot]?.ToBytes();

    /// <summary>Sets the content of a slot, inputs included.</summary>
    public void Set(int slot, ReadOnlySpan<byte> bytes)
    {
        ReferenceSlot declared = _program.Slots[slot];
        ReferenceTensor tensor = new(declared.Type, declared.Rows, declared.Columns);
        tensor.Load(bytes);
        _slots[slot] = tensor;
    }

    public ReferenceRun Run(string entry, IReadOnlyList<long> arguments, long gasLimit)
    {
        ReferenceEntry start = _program.Entries.Single(e => e.Name == entry);
        _stack.Clear();
        _returns.Clear();
        _outputs.Clear();
        Steps.Clear();
        Array.Fill(_locals, BigInteger.Zero);
        for (int i = 0; i < arguments.Count; i++)
        {
            _locals[i] = arguments[i];
        }

        (_gas, _gasLimit) = (gasLimit, gasLimit);
        int pc = start.Offset;
        try
        {
            Pay(Ceiling(_program.MemoryBytes, 32));
            _memory = new byte[_program.MemoryBytes];
            _next = pc;
            do
            {
                pc = _next;
            }
            while (Step(pc));

            return End(VmOutcome.Halted, VmTrap.None, pc);
        }
        catch (ReferenceStop stop)
        {
            return End(stop.Trap == VmTrap.None ? VmOutcome.OutOfGas : VmOutcome.Trapped, stop.Trap, pc);
        }
    }

    private static BigInteger Ceiling(BigInteger value, int divisor) => (value + divisor - 1) / divisor;

    private ReferenceRun End(VmOutcome outcome, VmTrap trap, int pc) => new(outcome, trap, pc, _gasLimit - _gas, [.. _outputs]);

    private void Pay(BigInteger gas)
    {
        Demand(gas <= _gas, VmTrap.None);
        _gas -= gas;
    }

    private bool Step(int pc)
    {
        Opcode opcode = (Opcode)_program.Code[pc];
        (_operands, _next) = ReferenceCode.Read(_program.Code, pc);
        BigInteger before = _gasLimit - _gas;
        Pay(GasOf(opcode));
        Steps.Add(new ReferenceStep(pc, opcode, before, _gasLimit - _gas));
        if (opcode == Opcode.Halt)
        {
            return false;
        }

        bool done = Control(opcode) || Memory(opcode) || Tensors(opcode);
        if (!done)
        {
            int pops = ReferenceInstruction.Table[opcode].Pops;
            BigInteger[] values = Pop(pops);
            foreach (BigInteger value in ReferenceScalars.Compute(opcode, values))
            {
                _stack.Push(value);
            }
        }

        return true;
    }

    private BigInteger GasOf(Opcode opcode)
    {
        BigInteger gas = ReferenceInstruction.Table[opcode].Gas;
        if (opcode == Opcode.MatMul)
        {
            ReferenceSlot c = _program.Slots[(int)_operands[0]];
            ReferenceSlot a = _program.Slots[(int)_operands[1]];
            BigInteger inner = _operands[3] % 2 == 1 ? a.Rows : a.Columns;
            return gas + Ceiling(inner * c.Rows * c.Columns, c.Type == TensorType.Float32 ? 96 : 256);
        }

        if (opcode == Opcode.VectorOp)
        {
            TensorShape[] shapes = [.. OperationSlots().Select(s => _program.Slots[s]).Select(s => new TensorShape(s.Type, s.Rows, s.Columns))];
            return gas + TensorOps.Find((byte)_operands[0])!.Gas(new TensorCallShape(shapes, OperationImmediates()));
        }

        return gas;
    }

    private bool Control(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Push:
                _stack.Push(_operands[0]);
                return true;
            case Opcode.Constant:
                _stack.Push(_program.Constants[(int)_operands[0]]);
                return true;
            case Opcode.Load:
                _stack.Push(_locals[_operands[0]]);
                return true;
            case Opcode.Store:
                _locals[_operands[0]] = _stack.Pop();
                return true;
            case Opcode.Emit:
                Demand(_outputs.Count < _limits.Outputs, VmTrap.TooManyOutputs);
                _outputs.Add(_stack.Pop());
                return true;
            case Opcode.Jump:
                _next = (int)_operands[0];
                return true;
            case Opcode.JumpIf:
                _next = _stack.Pop().IsZero ? _next : (int)_operands[0];
                return true;
            case Opcode.Loop:
                _locals[_operands[0]] = ReferenceScalars.Fit(_locals[_operands[0]] - 1);
                _next = _locals[_operands[0]] > 0 ? (int)_operands[1] : _next;
                return true;
            case Opcode.Call:
                Demand(_returns.Count < _limits.CallDepth && _stack.Count + _deepest <= _limits.StackDepth, VmTrap.StackOverflow);
                _returns.Push(_next);
                _next = (int)_operands[0];
                return true;
            case Opcode.Ret:
                Demand(_returns.Count > 0, VmTrap.CallStackEmpty);
                _next = _returns.Pop();
                return true;
            default:
                return false;
        }
    }

    private bool Memory(Opcode opcode)
    {
        int width = opcode is Opcode.MemoryLoad or Opcode.MemoryStore ? 8 : 1;
        switch (opcode)
        {
            case Opcode.MemoryLoad or Opcode.MemoryLoadByte:
                int from = Address(_stack.Pop(), width);
                _stack.Push(new BigInteger(_memory.AsSpan(from, width), isUnsigned: width == 1));
                return true;
            case Opcode.MemoryStore or Opcode.MemoryStoreByte:
                int to = Address(_stack.Pop(), width);
                BigInteger value = _stack.Pop();
                for (int i = 0; i < width; i++)
                {
                    _memory[to + i] = (byte)((value >> (8 * i)) & 255);
                }

                return true;
            case Opcode.MemoryCopy:
                BigInteger[] taken = Pop(3);
                Demand(taken[2] >= 0, VmTrap.MemoryOutOfRange);
                (int target, int source) = (Address(taken[0], taken[2]), Address(taken[1], taken[2]));
                Pay(Ceiling(taken[2], 16));
                byte[] copy = _memory[source..(source + (int)taken[2])];
                copy.CopyTo(_memory, target);
                return true;
            default:
                return false;
        }
    }

    private int Address(BigInteger first, BigInteger count)
    {
        Demand(first >= 0 && first + count <= _memory.Length, VmTrap.MemoryOutOfRange);
        return (int)first;
    }

    private bool Tensors(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Checkpoint:
                return true;
            case Opcode.TensorLoad:
                _stack.Push(Element(out int from)[from]);
                return true;
            case Opcode.TensorStore:
                ReferenceTensor target = Element(out int to);
                BigInteger value = _stack.Pop();
                int bits = 8 * target.Width;
                BigInteger low = target.Type == TensorType.UInt8 ? 0 : -BigInteger.Pow(2, bits - 1);
                Demand(value >= low && value < low + BigInteger.Pow(2, bits), VmTrap.ElementOutOfRange);
                target[to] = (long)value;
                return true;
            case Opcode.MemCopy:
                CopyRows(Present((int)_operands[0]), Present((int)_operands[1]));
                return true;
            case Opcode.MatMul:
                ReferenceTensor[] slots = [.. _operands.Take(3).Select(slot => Present((int)slot))];
                ReferenceProduct.Multiply(slots[0], slots[1], slots[2], _operands[3] % 2 == 1, _operands[3] / 2 % 2 == 1);
                return true;
            case Opcode.VectorOp:
                ReferenceOperation operation = ReferenceOperation.ByCode[(byte)_operands[0]];
                ReferenceTensor[] tensors = [.. OperationSlots().Select(Present)];
                if (operation.Body(new ReferenceCall(tensors, OperationImmediates(), Pop(operation.Arguments))) is { } result)
                {
                    _stack.Push(result);
                }

                return true;
            default:
                return false;
        }
    }

    /// <summary>The element that column, row and the instruction name.</summary>
    private ReferenceTensor Element(out int at)
    {
        ReferenceTensor tensor = Present((int)_operands[0]);
        BigInteger column = _stack.Pop();
        BigInteger row = _stack.Pop();
        bool inside = row >= 0 && row < tensor.Rows && column >= 0 && column < tensor.Columns;
        Demand(inside, VmTrap.ArgumentOutOfRange);
        at = (int)((row * tensor.Columns) + column);
        return tensor;
    }

    private void CopyRows(ReferenceTensor destination, ReferenceTensor source)
    {
        BigInteger[] taken = Pop(3);
        bool inside = taken.All(value => value >= 0) && taken[0] + taken[2] <= destination.Rows && taken[1] + taken[2] <= source.Rows;
        Demand(inside, VmTrap.ArgumentOutOfRange);
        Pay(Ceiling(taken[2] * source.Columns * source.Width, 16));
        int width = source.Columns;
        long[] copy = [.. source.Cells.Skip((int)taken[1] * width).Take((int)taken[2] * width)];
        for (int i = 0; i < copy.Length; i++)
        {
            destination[((int)taken[0] * width) + i] = copy[i];
        }
    }

    private IEnumerable<int> OperationSlots() =>
        _operands.Skip(1).Take(ReferenceOperation.ByCode[(byte)_operands[0]].Slots).Select(slot => (int)slot);

    private int[] OperationImmediates() =>
        [.. _operands.Skip(1 + ReferenceOperation.ByCode[(byte)_operands[0]].Slots).Select(bits => unchecked((int)bits))];

    private ReferenceTensor Present(int slot) => _slots[slot] ?? throw new ReferenceStop(VmTrap.InputMissing);

    /// <summary>The top values, the deepest first.</summary>
    private BigInteger[] Pop(int count)
    {
        BigInteger[] values = new BigInteger[count];
        for (int i = count - 1; i >= 0; i--)
        {
            values[i] = _stack.Pop();
        }

        return values;
    }
}
