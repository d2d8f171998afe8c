using PoUW.Vm.Tensors;

namespace PoUW.Vm.Operations;

/// <summary>
/// One execution of a <see cref="TensorOp"/>: its tensors, destination first, the immediates of the instruction and the arguments in the
/// order in which they were pushed. Shapes, immediates and arguments were checked against the operation.
/// </summary>
public readonly ref struct TensorCall(
    ReadOnlySpan<Tensor> operands, ReadOnlySpan<int> immediates = default, ReadOnlySpan<long> arguments = default)
{
    private readonly ReadOnlySpan<Tensor> _operands = operands;

    /// <summary>The immediates in order.</summary>
    public ReadOnlySpan<int> Immediates { get; } = immediates;

    /// <summary>The arguments in the order in which they were pushed.</summary>
    public ReadOnlySpan<long> Arguments { get; } = arguments;

    /// <summary>Number of operands.</summary>
    public int Count => _operands.Length;

    /// <summary>An operand.</summary>
    public Tensor this[int index] => _operands[index];

    /// <summary>An immediate that holds the bits of an fp32 number.</summary>
    public float FloatImmediate(int index) => BitConverter.Int32BitsToSingle(Immediates[index]);
}
