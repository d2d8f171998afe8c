using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Simulation.Conformance;

/// <summary>One generated call.</summary>
internal sealed record TensorCase(Tensor[] Operands, int[] Immediates, long[] Arguments)
{
    public TensorCall Call => new(Operands, Immediates, Arguments);

    /// <summary>The same call on copies of the tensors.</summary>
    public TensorCase Copy() => this with { Operands = [.. Operands.Select(CaseTensors.Copy)] };

    public override string ToString() =>
        string.Join(" ", Operands.Select(static t => $"{t.Type}[{t.Rows}x{t.Columns}]")) + $" ({string.Join(", ", Immediates)})"
        + $" ({string.Join(", ", Arguments)})";
}
