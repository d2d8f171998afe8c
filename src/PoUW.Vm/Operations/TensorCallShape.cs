namespace PoUW.Vm.Operations;

/// <summary>What is known of a call before it runs: the shapes of the operands and the immediates. For verifier and gas meter.</summary>
public readonly ref struct TensorCallShape(ReadOnlySpan<TensorShape> operands, ReadOnlySpan<int> immediates)
{
    private readonly ReadOnlySpan<TensorShape> _operands = operands;

    /// <summary>The immediates in order.</summary>
    public ReadOnlySpan<int> Immediates { get; } = immediates;

    /// <summary>Number of operands.</summary>
    public int Count => _operands.Length;

    /// <summary>Shape of an operand.</summary>
    public TensorShape this[int index] => _operands[index];

    /// <summary>An immediate that holds the bits of an fp32 number.</summary>
    public float FloatImmediate(int index) => BitConverter.Int32BitsToSingle(Immediates[index]);
}
