using PoUW.Vm.Execution;

namespace PoUW.Vm.Operations;

/// <summary>
/// A tensor operation of VECTOROP and all that decoder, verifier, assembler, gas meter, interpreter and backends need to know of it.
/// Its <see cref="Execute"/> is the definition, written to be read; a backend may run something faster with the same bits. To add one,
/// write it beside its family and name it in the family's list. Immutable.
/// </summary>
public sealed class TensorOp
{
    private const int ElementsPerWeight = 8;

    internal delegate string? ShapeRule(in TensorCallShape call);

    internal delegate VmTrap CallRule(in TensorCall call);

    internal delegate long GasRule(in TensorCallShape call);

    internal delegate long Definition(in TensorCall call);

    internal TensorOp(byte code, string name, params OperandSpec[] operands)
    {
        (Code, Name, Operands) = (code, name, operands);
    }

    /// <summary>Number in the bytecode; never changes.</summary>
    public byte Code { get; }

    /// <summary>Name in assembly text, after "vec.".</summary>
    public string Name { get; }

    /// <summary>The tensors, destinations first.</summary>
    public IReadOnlyList<OperandSpec> Operands { get; }

    /// <summary>The numbers in the instruction.</summary>
    public IReadOnlyList<ImmediateSpec> Immediates { get; internal init; } = [];

    /// <summary>The values taken from the stack.</summary>
    public IReadOnlyList<ArgumentSpec> Arguments { get; internal init; } = [];

    /// <summary>True if the operation pushes a value.</summary>
    public bool HasResult { get; internal init; }

    /// <summary>True if a destination may also be an operand: every element depends on the elements at its own place only.</summary>
    public bool MayAlias { get; internal init; }

    /// <summary>Rule for shapes and for immediates beyond their ranges: null if all is well, otherwise what is wrong.</summary>
    internal ShapeRule Shapes { get; init; } = static (in TensorCallShape _) => null;

    /// <summary>Rule for what is known only when the instruction runs.</summary>
    internal CallRule Contents { get; init; } = static (in TensorCall _) => VmTrap.None;

    /// <summary>Gas for eight elements of <see cref="GasOperand"/>, unless <see cref="Work"/> is given.</summary>
    internal int GasWeight { get; init; } = 1;

    internal int GasOperand { get; init; }

    /// <summary>Gas beyond the base, for operations that are not linear in the elements of one operand.</summary>
    internal GasRule? Work { get; init; }

    /// <summary>The definition; every entry sets it.</summary>
    internal Definition Defined { get; init; } = null!;

    /// <summary>Runs the definition on the caller's thread. The destinations are overwritten.</summary>
    /// <returns>The value that is pushed; 0 if none is.</returns>
    public long Execute(in TensorCall call) => Defined(call);

    /// <summary>Checks shapes and immediates of a call.</summary>
    /// <returns>Null if all is well, otherwise what is wrong.</returns>
    public string? Check(in TensorCallShape call)
    {
        for (int i = 0; i < Immediates.Count; i++)
        {
            if (!Immediates[i].Admits(call.Immediates[i]))
            {
                return $"the immediate '{Immediates[i].Name}' is out of range";
            }
        }

        return Shapes(call);
    }

    /// <summary>Checks arguments and contents of a call whose shapes passed <see cref="Check"/>.</summary>
    public VmTrap CheckCall(in TensorCall call)
    {
        for (int i = 0; i < Arguments.Count; i++)
        {
            if (call.Arguments[i] < Arguments[i].Minimum || call.Arguments[i] > Arguments[i].Maximum)
            {
                return VmTrap.ArgumentOutOfRange;
            }
        }

        return Contents(call);
    }

    /// <summary>Gas of a call beyond the base of VECTOROP.</summary>
    public long Gas(in TensorCallShape call)
    {
        if (Work is not null)
        {
            return Work(call);
        }

        return ((call[GasOperand].Length * GasWeight) + ElementsPerWeight - 1) / ElementsPerWeight;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
