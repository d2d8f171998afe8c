using System.Buffers.Binary;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Programs;

/// <summary>
/// Writes programs instruction by instruction; labels are resolved by <see cref="Build"/>. The compiler and the assembler share it. It
/// checks only what would make the encoding ambiguous: the verifier judges the result. Not thread-safe.
/// </summary>
public sealed class ProgramBuilder
{
    private readonly List<(string Name, int Parameters, CodeLabel Label)> _pendingEntries = [];
    private readonly List<VmSlot> _slots = [];
    private readonly List<long> _constants = [];
    private readonly List<string> _checkpoints = [];
    private readonly List<byte> _code = [];
    private readonly List<int> _labels = [];
    private readonly List<(int Position, CodeLabel Label)> _fixups = [];

    /// <summary>Bytes of linear memory.</summary>
    public int MemoryBytes { get; set; }

    /// <summary>Adds a slot and returns its index.</summary>
    public int Slot(string name, TensorType type, int rows, int columns, SlotKind kind)
    {
        _slots.Add(new VmSlot(name, type, rows, columns, kind));
        return _slots.Count - 1;
    }

    /// <summary>Adds an entry of the constant table and returns its index.</summary>
    public int Constant(long value)
    {
        _constants.Add(value);
        return _constants.Count - 1;
    }

    /// <summary>Adds a checkpoint name, or finds it, and returns its index.</summary>
    public int CheckpointName(string name)
    {
        int index = _checkpoints.IndexOf(name);
        if (index < 0)
        {
            _checkpoints.Add(name);
            index = _checkpoints.Count - 1;
        }

        return index;
    }

    /// <summary>Declares an entry point at the current place.</summary>
    public void Entry(string name, int parameterCount) => Entry(name, parameterCount, MarkNew());

    /// <summary>Declares an entry point at a label.</summary>
    public void Entry(string name, int parameterCount, CodeLabel label) => _pendingEntries.Add((name, parameterCount, label));

    /// <summary>A label that is not placed yet.</summary>
    public CodeLabel NewLabel()
    {
        _labels.Add(-1);
        return new CodeLabel(_labels.Count - 1);
    }

    /// <summary>Places a label here.</summary>
    public void Mark(CodeLabel label) => _labels[label.Id] = _code.Count;

    /// <summary>A new label placed here.</summary>
    public CodeLabel MarkNew()
    {
        CodeLabel label = NewLabel();
        Mark(label);
        return label;
    }

    /// <summary>Appends an instruction without operands.</summary>
    public ProgramBuilder Op(Opcode opcode) => Append(Plain(opcode, 0));

    /// <summary>PUSH.</summary>
    public ProgramBuilder Push(long value) => Append(Plain(Opcode.Push, value));

    /// <summary>CONST with an index of <see cref="Constant"/>.</summary>
    public ProgramBuilder PushConstant(int index) => Append(Plain(Opcode.Constant, index));

    /// <summary>LOAD.</summary>
    public ProgramBuilder Load(int local) => Append(Plain(Opcode.Load, local));

    /// <summary>STORE.</summary>
    public ProgramBuilder Store(int local) => Append(Plain(Opcode.Store, local));

    /// <summary>JUMP.</summary>
    public ProgramBuilder Jump(CodeLabel target) => Branch(Opcode.Jump, target);

    /// <summary>JUMPIF: taken unless the popped value is 0.</summary>
    public ProgramBuilder JumpIf(CodeLabel target) => Branch(Opcode.JumpIf, target);

    /// <summary>CALL.</summary>
    public ProgramBuilder Call(CodeLabel target) => Branch(Opcode.Call, target);

    /// <summary>LOOP: subtracts 1 from the local and jumps if it is still above 0.</summary>
    public ProgramBuilder Loop(int local, CodeLabel target)
    {
        _fixups.Add((_code.Count + 2, target));
        return Append(new Instruction(Opcode.Loop, 0, 0, 0, [], null, [], local));
    }

    /// <summary>Pops row and column, pushes the element.</summary>
    public ProgramBuilder TensorLoad(int slot) => Append(new Instruction(Opcode.TensorLoad, 0, 0, 0, [slot], null, []));

    /// <summary>Pops value, row and column, stores the element.</summary>
    public ProgramBuilder TensorStore(int slot) => Append(new Instruction(Opcode.TensorStore, 0, 0, 0, [slot], null, []));

    /// <summary>MATMUL c = op(a) * op(b).</summary>
    public ProgramBuilder MatMul(int c, int a, int b, bool transposeA = false, bool transposeB = false, bool tileWork = false)
    {
        int flags = (transposeA ? Instruction.TransposeA : 0) | (transposeB ? Instruction.TransposeB : 0)
            | (tileWork ? Instruction.TileWork : 0);
        return Append(new Instruction(Opcode.MatMul, 0, 0, flags, [c, a, b], null, []));
    }

    /// <summary>VECTOROP; slots and immediates in the order of the operation, destinations first.</summary>
    /// <exception cref="ArgumentException">The operation has another number of slots or immediates.</exception>
    public ProgramBuilder Vector(TensorOp operation, ReadOnlySpan<int> slots, params ReadOnlySpan<int> immediates)
    {
        if (slots.Length != operation.Operands.Count || immediates.Length != operation.Immediates.Count)
        {
            throw new ArgumentException(
                $"'{operation.Name}' has {operation.Operands.Count} slots and {operation.Immediates.Count} immediates.", nameof(slots));
        }

        return Append(new Instruction(Opcode.VectorOp, 0, 0, 0, slots.ToArray(), operation, immediates.ToArray()));
    }

    /// <summary>MEMCOPY of rows; pops destination row, source row and count.</summary>
    public ProgramBuilder MemCopy(int destination, int source) =>
        Append(new Instruction(Opcode.MemCopy, 0, 0, 0, [destination, source], null, []));

    /// <summary>CHECKPOINT.</summary>
    public ProgramBuilder Checkpoint(string name) => Append(Plain(Opcode.Checkpoint, CheckpointName(name)));

    /// <summary>The program.</summary>
    /// <exception cref="InvalidOperationException">A used label was never placed.</exception>
    public VmProgram Build()
    {
        byte[] code = [.. _code];
        foreach ((int position, CodeLabel label) in _fixups)
        {
            BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(position), Resolve(label));
        }

        IEnumerable<VmEntryPoint> entries =
            _pendingEntries.Select(e => new VmEntryPoint(e.Name, Resolve(e.Label), e.Parameters));
        return new VmProgram(entries, _slots, _constants, _checkpoints, code, MemoryBytes);
    }

    private int Resolve(CodeLabel label) =>
        _labels[label.Id] >= 0 ? _labels[label.Id] : throw new InvalidOperationException($"Label {label.Id} was never placed.");

    private ProgramBuilder Branch(Opcode opcode, CodeLabel target)
    {
        _fixups.Add((_code.Count + 1, target));
        return Append(Plain(opcode, 0));
    }

    private ProgramBuilder Append(in Instruction instruction)
    {
        InstructionCodec.Append(_code, instruction);
        return this;
    }

    private static Instruction Plain(Opcode opcode, long value) => new(opcode, 0, 0, value);
}
