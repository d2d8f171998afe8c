using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Simulation.Conformance;

/// <summary>One generated call.</summary>
internal sealed record TensorCase(Tensor[] Operands, int[] Immediates, long[] Arguments)
{
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

    public override string ToString() =>
        string.Join(" ", Operands.Select(static t => $"{t.Type}[{t.Rows}x{t.Columns}]")) + $" ({string.Join(", ", Immediates)})"
        + $" ({string.Join(", ", Arguments)})";
}
