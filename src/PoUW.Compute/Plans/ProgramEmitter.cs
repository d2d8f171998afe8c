using PoUW.Vm.Bytecode;
using PoUW.Vm.Programs;

namespace PoUW.Compute.Plans;

/// <summary>Writes a plan as a program: buffers are slots, registers are locals, tables are trees of comparisons.</summary>
internal sealed class ProgramEmitter
{
    private readonly ProgramBuilder _code = new();
    private readonly int[] _slots;

    private ProgramEmitter(Plan plan) =>
        _slots = [.. plan.Buffers.Select(b => _code.Slot(b.Name, b.Shape.Type, b.Shape.Rows, b.Shape.Columns, b.Kind))];

    /// <summary>The program of a plan.</summary>
    public static VmProgram Emit(Plan plan)
    {
        ProgramEmitter emitter = new(plan);
        foreach (PlanSection section in plan.Sections)
        {
            emitter.Write(section);
        }

        return emitter._code.Build();
    }

    private void Write(PlanSection section)
    {
        _code.Entry(section.Entry, section.Parameters);
        Write(section.Prologue);
        if (section.Stride > 0)
        {
            WriteLoop(section);
        }

        Write(section.Epilogue);
        _code.Op(Opcode.Halt);
    }

    private void WriteLoop(PlanSection section)
    {
        (int first, int count, int position, int end) =
            (Register.First.Index, Register.Count.Index, Register.Position.Index, Register.End.Index);
        CodeLabel done = _code.NewLabel();
        _code.Load(first).Store(position).Load(first).Load(count).Op(Opcode.Add).Store(end);
        CodeLabel loop = _code.MarkNew();
        _code.Load(end).Load(position).Op(Opcode.LessOrEqual).JumpIf(done);
        Write(section.Body);
        _code.Load(position).Push(section.Stride).Op(Opcode.Add).Store(position).Jump(loop);
        _code.Mark(done);
    }

    private void Write(List<PlanInstruction> instructions)
    {
        foreach (PlanInstruction instruction in instructions)
        {
            Write(instruction);
        }
    }

    private void Write(PlanInstruction instruction)
    {
        switch (instruction)
        {
            case TensorInstruction tensor:
                Write(tensor);
                break;
            case ProductInstruction product:
                _code.MatMul(Slot(product.C), Slot(product.A), Slot(product.B), product.TransposeA, product.TransposeB, product.TileWork);
                break;
            case CopyRowsInstruction copy:
                _code.Load(copy.To.Index).Load(copy.From.Index).Load(copy.Rows.Index).MemCopy(Slot(copy.Destination), Slot(copy.Source));
                break;
            case ConstantInstruction constant:
                _code.Push(constant.Value).Store(constant.Target.Index);
                break;
            case ScalarInstruction scalar:
                Write(scalar);
                break;
            case LookupInstruction lookup:
                Write(lookup);
                break;
            case LoadInstruction load:
                _code.Push(load.Row).Push(load.Column).TensorLoad(Slot(load.Buffer)).Store(load.Target.Index);
                break;
            case StoreInstruction store:
                _code.Load(store.Value.Index).Push(store.Row).Push(store.Column).TensorStore(Slot(store.Buffer));
                break;
            case EmitInstruction emit:
                _code.Load(emit.Value.Index).Op(Opcode.Emit);
                break;
            case CheckpointInstruction checkpoint:
                _code.Checkpoint(checkpoint.Name);
                break;
            default:
                throw new InvalidOperationException($"No code for {instruction}.");
        }
    }

    private void Write(TensorInstruction tensor)
    {
        foreach (Register argument in tensor.Arguments)
        {
            _code.Load(argument.Index);
        }

        _code.Vector(tensor.Op, [.. tensor.Operands.Select(Slot)], tensor.Immediates);
        if (tensor.Result is { } result)
        {
            _code.Store(result.Index);
        }
    }

    private void Write(ScalarInstruction scalar)
    {
        _code.Load(scalar.A.Index);
        if (scalar.Op != ScalarOp.BitWidth)
        {
            _code.Load(scalar.B.Index);
        }

        _code.Op(OpcodeOf(scalar.Op)).Store(scalar.Target.Index);
    }

    private void Write(LookupInstruction lookup)
    {
        CodeLabel done = _code.NewLabel();
        WriteBranch(lookup, 0, lookup.Table.Count, done);
        _code.Mark(done);
    }

    /// <summary>Chooses among the entries [low, high) by halving.</summary>
    private void WriteBranch(LookupInstruction lookup, int low, int high, CodeLabel done)
    {
        if (high - low == 1)
        {
            _code.Push(lookup.Table[low].Value).Store(lookup.Target.Index).Jump(done);
            return;
        }

        int middle = (low + high) / 2;
        CodeLabel upper = _code.NewLabel();
        _code.Push(lookup.Table[middle].From).Load(lookup.Key.Index).Op(Opcode.LessOrEqual).JumpIf(upper);
        WriteBranch(lookup, low, middle, done);
        _code.Mark(upper);
        WriteBranch(lookup, middle, high, done);
    }

    private int Slot(BufferId buffer) => _slots[buffer.Index];

    private static Opcode OpcodeOf(ScalarOp op) => op switch
    {
        ScalarOp.Add => Opcode.Add,
        ScalarOp.Subtract => Opcode.Sub,
        ScalarOp.Multiply => Opcode.Mul,
        ScalarOp.Divide => Opcode.Div,
        ScalarOp.Modulo => Opcode.Mod,
        ScalarOp.Minimum => Opcode.Min,
        ScalarOp.Maximum => Opcode.Max,
        ScalarOp.ShiftLeft => Opcode.Shl,
        ScalarOp.ShiftRight => Opcode.Shr,
        ScalarOp.And => Opcode.And,
        ScalarOp.Or => Opcode.Or,
        ScalarOp.LessOrEqual => Opcode.LessOrEqual,
        ScalarOp.BitWidth => Opcode.BitWidth,
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, "Unknown operation."),
    };
}
