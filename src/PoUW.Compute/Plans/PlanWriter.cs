using PoUW.Compute.Graphs;
using PoUW.Vm.Operations;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Plans;

/// <summary>Writes plans instruction by instruction. Shapes are checked where they are written, so a wrong lowering fails at its cause.</summary>
internal sealed class PlanWriter
{
    private const int MaxRegisters = 250;
    private const int FractionBits = 15;
    private const int FloatBias = 150;

    private readonly List<PlanBuffer> _buffers = [];
    private readonly List<PlanSection> _sections = [];
    private List<PlanInstruction> _code = [];
    private int _registers = Register.Reserved;

    /// <summary>The section that is written.</summary>
    public PlanSection Section { get; private set; } = null!;

    /// <summary>The plan, with memory assigned.</summary>
    public Plan Build() => BufferAssignment.Assign(new Plan(_buffers, _sections));

    /// <summary>Starts a section; what follows goes to its prologue.</summary>
    public PlanSection Begin(string entry, int parameters, int stride)
    {
        Section = new PlanSection(entry, parameters, stride);
        _sections.Add(Section);
        _code = Section.Prologue;
        _registers = Register.Reserved;
        return Section;
    }

    /// <summary>What follows goes to the body of the section's loop.</summary>
    public void BeginBody() => _code = Section.Body;

    /// <summary>What follows goes behind the section's loop.</summary>
    public void BeginEpilogue() => _code = Section.Epilogue;

    /// <summary>Declares a buffer that the host or the state knows by name.</summary>
    public BufferId Declare(string name, TensorType type, int rows, int columns, SlotKind kind)
    {
        _buffers.Add(new PlanBuffer(name, new TensorShape(type, rows, columns), kind));
        return new BufferId(_buffers.Count - 1);
    }

    /// <summary>A new scratch buffer; its memory is shared with others that are not alive at the same time.</summary>
    public BufferId Scratch(TensorType type, int rows, int columns) => Declare("", type, rows, columns, SlotKind.Scratch);

    /// <summary>A new scratch buffer like another one.</summary>
    public BufferId Like(BufferId other)
    {
        TensorShape shape = ShapeOf(other);
        return Scratch(shape.Type, shape.Rows, shape.Columns);
    }

    /// <summary>Type and dimensions of a buffer.</summary>
    public TensorShape ShapeOf(BufferId buffer) => _buffers[buffer.Index].Shape;

    /// <summary>A register that keeps its value until the section ends.</summary>
    /// <exception cref="ModelException">A section has too many.</exception>
    public Register NewRegister() =>
        _registers < MaxRegisters ? new Register(_registers++) : throw new ModelException($"The model needs more than {MaxRegisters} run-time numbers.");

    /// <summary>Runs code whose registers are free again afterwards.</summary>
    public void WithTemporaries(Action write)
    {
        int mark = _registers;
        write();
        _registers = mark;
    }

    /// <summary>A tensor operation, destinations first.</summary>
    public void Tensor(TensorOp op, ReadOnlySpan<BufferId> operands, ReadOnlySpan<int> immediates = default, params ReadOnlySpan<Register> arguments) =>
        Append(op, operands, immediates, arguments, null);

    /// <summary>A tensor operation that pushes a value.</summary>
    public Register TensorResult(TensorOp op, ReadOnlySpan<BufferId> operands, ReadOnlySpan<int> immediates = default, params ReadOnlySpan<Register> arguments)
    {
        Register result = NewRegister();
        Append(op, operands, immediates, arguments, result);
        return result;
    }

    /// <summary>C = op(A) * op(B).</summary>
    public void Product(BufferId c, BufferId a, BufferId b, bool transposeA = false, bool transposeB = false, bool tileWork = false) =>
        _code.Add(new ProductInstruction(c, a, b, transposeA, transposeB, tileWork));

    /// <summary>Copies rows between buffers of one type and width.</summary>
    public void CopyRows(BufferId destination, BufferId source, Register to, Register from, Register rows) =>
        _code.Add(new CopyRowsInstruction(destination, source, to, from, rows));

    /// <summary>A register with a constant.</summary>
    public Register Constant(long value)
    {
        Register target = NewRegister();
        Set(target, value);
        return target;
    }

    /// <summary>Target = value.</summary>
    public void Set(Register target, long value) => _code.Add(new ConstantInstruction(target, value));

    /// <summary>Target = a op b.</summary>
    public void Set(Register target, ScalarOp op, Register a, Register b) => _code.Add(new ScalarInstruction(op, target, a, b));

    /// <summary>A new register = a op b.</summary>
    public Register Scalar(ScalarOp op, Register a, Register b)
    {
        Register target = NewRegister();
        Set(target, op, a, b);
        return target;
    }

    /// <summary>A new register = a op constant.</summary>
    public Register Scalar(ScalarOp op, Register a, long b) => Scalar(op, a, Constant(b));

    /// <summary>A new register = the bit width of a.</summary>
    public Register BitWidth(Register a) => Scalar(ScalarOp.BitWidth, a, a);

    /// <summary>A new register = the table's value at the key.</summary>
    public Register Lookup(Register key, IReadOnlyList<(long From, long Value)> table)
    {
        Register target = NewRegister();
        _code.Add(new LookupInstruction(target, key, table));
        return target;
    }

    /// <summary>A new register = an element.</summary>
    public Register Load(BufferId buffer, int row = 0, int column = 0)
    {
        Register target = NewRegister();
        _code.Add(new LoadInstruction(target, buffer, row, column));
        return target;
    }

    /// <summary>An element = a register.</summary>
    public void Store(BufferId buffer, Register value, int row = 0, int column = 0) => _code.Add(new StoreInstruction(buffer, row, column, value));

    /// <summary>A row of an fp32 constant; one column is broadcast by every elementwise operation.</summary>
    public BufferId FloatConstant(float value, int columns = 1)
    {
        BufferId buffer = Scratch(TensorType.Float32, 1, columns);
        Tensor(PoUW.Vm.Operations.Data.DataOps.Fill, [buffer], [BitConverter.SingleToInt32Bits(value)]);
        return buffer;
    }

    /// <summary>Appends a register to the outputs of the run.</summary>
    public void Emit(Register value) => _code.Add(new EmitInstruction(value));

    /// <summary>The state is complete.</summary>
    public void Checkpoint(string name) => _code.Add(new CheckpointInstruction(name));

    /// <summary>
    /// A new register = the fp32 number in a 1 x 1 buffer in fixed point with 15 fraction bits, rounded towards zero: 0 for negative
    /// numbers, about 2^52 for those that are too large, infinite or NaN.
    /// </summary>
    public Register ToFixedPoint(BufferId number)
    {
        Register target = NewRegister();
        WithTemporaries(() =>
        {
            Register bits = Load(number);
            Register positive = Scalar(ScalarOp.Maximum, bits, 0);
            Register mantissa = Scalar(ScalarOp.Or, Scalar(ScalarOp.And, positive, 0x7FFFFF), 0x800000);
            Register shift = Scalar(ScalarOp.Subtract, Scalar(ScalarOp.ShiftRight, positive, 23), FloatBias - FractionBits);
            Register left = Scalar(ScalarOp.Minimum, Scalar(ScalarOp.Maximum, shift, 0), 28);
            Register negated = Scalar(ScalarOp.Subtract, Constant(0), shift);
            Register right = Scalar(ScalarOp.Minimum, Scalar(ScalarOp.Maximum, negated, 0), 63);
            Set(target, ScalarOp.ShiftRight, Scalar(ScalarOp.ShiftLeft, mantissa, left), right);
        });
        return target;
    }

    private void Append(
        TensorOp op, ReadOnlySpan<BufferId> operands, ReadOnlySpan<int> immediates, ReadOnlySpan<Register> arguments, Register? result)
    {
        TensorShape[] shapes = new TensorShape[operands.Length];
        for (int i = 0; i < shapes.Length; i++)
        {
            shapes[i] = ShapeOf(operands[i]);
        }

        bool complete = operands.Length == op.Operands.Count && immediates.Length == op.Immediates.Count && arguments.Length == op.Arguments.Count;
        string? problem = complete ? op.Check(new TensorCallShape(shapes, immediates)) : "its operands, immediates or arguments are not complete";
        if (problem is not null)
        {
            throw new ModelException($"{op.Name} of {string.Join(", ", shapes)}: {problem}.");
        }

        _code.Add(new TensorInstruction(op, operands.ToArray(), immediates.ToArray(), arguments.ToArray(), result));
    }
}
