using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Simulation.Conformance;

/// <summary>One generated call.</summary>
/// <param name="Operands">Its tensors.</param>
/// <param name="Immediates">The numbers of the instruction.</param>
/// <param name="Arguments">The values from the stack.</param>
public sealed record TensorCase(Tensor[] Operands, int[] Immediates, long[] Arguments)
{
    /// <summary>What a backend runs.</summary>
    public TensorCall Call => new(Operands, Immediates, Arguments);

    /// <summary>The same call on copies of the tensors; a tensor that stands in two places does so in the copy.</summary>
    public TensorCase Copy()
    {
        Dictionary<Tensor, Tensor> copies = new(ReferenceEqualityComparer.Instance);
        foreach (Tensor operand in Operands)
        {
            copies.TryAdd(operand, CaseTensors.Copy(operand));
        }

        return this with { Operands = [.. Operands.Select(operand => copies[operand])] };
    }

    /// <summary>What verifier and gas meter see.</summary>
    public TensorCallShape Shape =>
        new(Operands.Select(static t => new TensorShape(t.Type, t.Rows, t.Columns)).ToArray(), Immediates);

    /// <summary>A call of some 65,000 elements, or a convolution of eight images of 14x14 with 32 channels: for measurements.</summary>
    public static TensorCase Large(TensorOp operation, ulong seed) =>
        CaseGenerator.Create(new CaseRandom(seed, large: true), operation, adversarial: false);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Join(" ", Operands.Select(static t => $"{t.Type}[{t.Rows}x{t.Columns}]")) + $" ({string.Join(", ", Immediates)})"
        + $" ({string.Join(", ", Arguments)})";
}
