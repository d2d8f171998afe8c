using PoUW.Compute.Graphs.Operations;
using PoUW.Compute.Modules;

namespace PoUW.Compute.Graphs;

/// <summary>
/// The operations of models, named and defined as in torch.nn.functional. They build the graph and check shapes; nothing is computed here.
/// All throw <see cref="ModelException"/> if a shape does not fit.
/// </summary>
public static class Functional
{
    /// <summary>y = x W^T + b over the last dimension; W is (outputs, inputs), b (outputs) or null.</summary>
    public static GraphValue Linear(GraphValue input, Parameter weight, Parameter? bias = null) => new LinearOperation(input, weight, bias).Output;

    /// <summary>max(x, 0).</summary>
    public static GraphValue Relu(GraphValue input) => new ReluOperation(input).Output;

    /// <summary>The sum of two values of one shape; a residual connection.</summary>
    public static GraphValue Add(GraphValue left, GraphValue right) => new AddOperation(left, right).Output;

    /// <summary>All dimensions behind the batch as one, in PyTorch's order (channel, y, x).</summary>
    public static GraphValue Flatten(GraphValue input) => input.Rank == 2 ? input : new FlattenOperation(input).Output;
}
