using System.Numerics;
using PoUW.Core;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Operations;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Plans;

/// <summary>
/// Executes a plan on a backend without the machine: no gas, no commitments, the same bits. Not thread-safe.
/// </summary>
internal sealed class PlanExecutor
{
    private const int Registers = 256;

    private readonly Plan _plan;
    private readonly ITensorBackend _backend;
    private readonly Tensor?[] _tensors;
    private readonly Tensor[] _operands = new Tensor[TensorOps.MaxOperands];
    private readonly long[] _registers = new long[Registers];
    private readonly long[] _arguments = new long[8];
    private readonly Tensor[] _state;

    public PlanExecutor(Plan plan, ITensorBackend backend)
    {
        (_plan, _backend) = (plan, backend);
        _tensors = [.. plan.Buffers.Select(static b => b.Kind == SlotKind.Input ? null : new Tensor(b.Shape.Type, b.Shape.Rows, b.Shape.Columns))];
        _state = [.. Named(SlotKind.State).Select(static s => s.Tensor)];
    }

    /// <summary>What the last run emitted.</summary>
    public List<long> Outputs { get; } = [];

    /// <summary>The live tensors of a kind, by name, in order.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> Named(SlotKind kind)
    {
        for (int i = 0; i < _tensors.Length; i++)
        {
            if (_plan.Buffers[i].Kind == kind && _tensors[i] is { } tensor)
            {
                yield return (_plan.Buffers[i].Name, tensor);
            }
        }
    }

    /// <summary>The declared buffers of a kind.</summary>
    public IEnumerable<PlanBuffer> Declared(SlotKind kind) => _plan.Buffers.Where(b => b.Kind == kind);

    /// <summary>Gives an input its tensor.</summary>
    public void SetInput(string name, Tensor tensor)
    {
        for (int i = 0; i < _tensors.Length; i++)
        {
            PlanBuffer buffer = _plan.Buffers[i];
            if (buffer.Kind == SlotKind.Input && buffer.Name == name)
            {
                TensorShape shape = new(tensor.Type, tensor.Rows, tensor.Columns);
                _tensors[i] = shape == buffer.Shape
                    ? tensor
                    : throw new ArgumentException($"Input '{name}' is {buffer.Shape.Type} {buffer.Shape}, not {shape.Type} {shape}.", nameof(tensor));
                return;
            }
        }

        throw new ArgumentException($"The model has no input '{name}'.", nameof(name));
    }

    /// <summary>Runs a section.</summary>
    /// <exception cref="InvalidOperationException">An input was not set.</exception>
    /// <exception cref="PouwException">An operation refused its arguments or the data, such as a label that is no class.</exception>
    public void Run(string entry, long first, long count, CancellationToken cancellation)
    {
        PlanSection section = _plan.Sections.FirstOrDefault(s => s.Entry == entry)
            ?? throw new InvalidOperationException($"The model has no entry '{entry}': its data set is smaller than a batch.");
        Outputs.Clear();
        Array.Clear(_registers);
        (_registers[Register.First.Index], _registers[Register.Count.Index]) = (first, count);
        (_registers[Register.Position.Index], _registers[Register.End.Index]) = (first, first + count);
        Run(section.Prologue);
        if (section.Stride > 0)
        {
            for (; _registers[Register.Position.Index] < _registers[Register.End.Index]; _registers[Register.Position.Index] += section.Stride)
            {
                cancellation.ThrowIfCancellationRequested();
                Run(section.Body);
            }
        }

        Run(section.Epilogue);
    }

    private void Run(List<PlanInstruction> instructions)
    {
        foreach (PlanInstruction instruction in instructions)
        {
            Run(instruction);
        }
    }

    private void Run(PlanInstruction instruction)
    {
        switch (instruction)
        {
            case TensorInstruction tensor:
                Run(tensor);
                break;
            case ProductInstruction product:
                Run(product);
                break;
            case CopyRowsInstruction copy:
                RowRange range = new((int)this[copy.To], (int)this[copy.From], (int)this[copy.Rows]);
                _backend.MemCopy(range, Of(copy.Destination), Of(copy.Source));
                break;
            case ConstantInstruction constant:
                _registers[constant.Target.Index] = constant.Value;
                break;
            case ScalarInstruction scalar:
                _registers[scalar.Target.Index] = Compute(scalar.Op, this[scalar.A], this[scalar.B]);
                break;
            case LookupInstruction lookup:
                _registers[lookup.Target.Index] = Find(lookup.Table, this[lookup.Key]);
                break;
            case LoadInstruction load:
                _registers[load.Target.Index] = Read(Of(load.Buffer), load.Row, load.Column);
                break;
            case StoreInstruction store:
                Write(Of(store.Buffer), store.Row, store.Column, this[store.Value]);
                break;
            case EmitInstruction emit:
                Outputs.Add(this[emit.Value]);
                break;
            case CheckpointInstruction checkpoint:
                _backend.Checkpoint(checkpoint.Name, _state);
                break;
            default:
                throw new InvalidOperationException($"{instruction} cannot be executed.");
        }
    }

    private long this[Register register] => _registers[register.Index];

    private void Run(TensorInstruction instruction)
    {
        int count = instruction.Operands.Count;
        for (int i = 0; i < count; i++)
        {
            _operands[i] = Of(instruction.Operands[i]);
        }

        for (int i = 0; i < instruction.Arguments.Count; i++)
        {
            _arguments[i] = this[instruction.Arguments[i]];
        }

        TensorCall call = new(_operands.AsSpan(0, count), instruction.Immediates, _arguments.AsSpan(0, instruction.Arguments.Count));
        VmTrap trap = instruction.Op.CheckCall(call);
        if (trap != VmTrap.None)
        {
            throw new PouwException($"{instruction.Op.Name}: {trap}.");
        }

        long result = _backend.Run(instruction.Op, call);
        if (instruction.Result is { } register)
        {
            _registers[register.Index] = result;
        }
    }

    private void Run(ProductInstruction product)
    {
        (Tensor a, Tensor b, Tensor c) = (Of(product.A), Of(product.B), Of(product.C));
        int inner = product.TransposeA ? a.Rows : a.Columns;
        _backend.MatMul(new MatMulShape(c.Rows, inner, c.Columns, product.TransposeA, product.TransposeB, product.TileWork), a, b, c);
    }

    private Tensor Of(BufferId buffer) =>
        _tensors[buffer.Index] ?? throw new InvalidOperationException($"The input '{_plan.Buffers[buffer.Index].Name}' was not set.");

    private static long Compute(ScalarOp op, long a, long b) => op switch
    {
        ScalarOp.Add => a + b,
        ScalarOp.Subtract => a - b,
        ScalarOp.Multiply => a * b,
        ScalarOp.Divide => a / b,
        ScalarOp.Modulo => a % b,
        ScalarOp.Minimum => Math.Min(a, b),
        ScalarOp.Maximum => Math.Max(a, b),
        ScalarOp.ShiftLeft => a * (1L << (int)b),
        ScalarOp.ShiftRight => a >> (int)b,
        ScalarOp.And => a & b,
        ScalarOp.Or => a | b,
        ScalarOp.LessOrEqual => a <= b ? 1 : 0,
        ScalarOp.BitWidth => a <= 1 ? 0 : 64 - BitOperations.LeadingZeroCount((ulong)a - 1),
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, "Unknown operation."),
    };

    private static long Find(IReadOnlyList<(long From, long Value)> table, long key)
    {
        (int low, int high) = (0, table.Count);
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            (low, high) = table[middle].From <= key ? (middle, high) : (low, middle);
        }

        return table[low].Value;
    }

    private static long Read(Tensor tensor, int row, int column)
    {
        int at = (row * tensor.Columns) + column;
        return tensor.Type switch
        {
            TensorType.Float32 => BitConverter.SingleToInt32Bits(tensor.Float32[at]),
            TensorType.Int32 => tensor.Int32[at],
            TensorType.Int8 => tensor.Int8[at],
            TensorType.UInt8 => tensor.UInt8[at],
            _ => tensor.Int64[at],
        };
    }

    private static void Write(Tensor tensor, int row, int column, long value)
    {
        int at = (row * tensor.Columns) + column;
        switch (tensor.Type)
        {
            case TensorType.Float32:
                tensor.Float32[at] = BitConverter.Int32BitsToSingle((int)value);
                break;
            case TensorType.Int32:
                tensor.Int32[at] = (int)value;
                break;
            default:
                throw new InvalidOperationException($"Elements of {tensor.Type} are not stored one by one.");
        }
    }
}
