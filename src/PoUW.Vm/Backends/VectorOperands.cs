using PoUW.Vm.Tensors;

namespace PoUW.Vm.Backends;

/// <summary>
/// The tensors of one VECTOROP in the order of the operation's table, destination first. The machine sets as many as the operation
/// names; the rest repeat the first. Elementwise operations may name a tensor twice.
/// </summary>
public readonly struct VectorOperands
{
    /// <summary>Operands of an operation.</summary>
    public VectorOperands(Tensor first, Tensor? second = null, Tensor? third = null)
    {
        First = first;
        Second = second ?? first;
        Third = third ?? first;
    }

    /// <summary>First operand.</summary>
    public Tensor First { get; }

    /// <summary>Second operand.</summary>
    public Tensor Second { get; }

    /// <summary>Third operand.</summary>
    public Tensor Third { get; }
}
