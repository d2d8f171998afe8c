using PoUW.Compute.Initialisers;

namespace PoUW.Compute.Modules;

/// <summary>
/// A trained tensor of a module: its shape as in PyTorch's state dict and how it starts. It has no numbers; those are the state of a
/// runner. Sharing one object between modules ties their weights.
/// </summary>
/// <param name="shape">PyTorch's shape.</param>
/// <param name="initialiser">How it starts.</param>
public sealed class Parameter(IReadOnlyList<int> shape, Initialiser initialiser)
{
    /// <summary>PyTorch's shape.</summary>
    public IReadOnlyList<int> Shape { get; } = shape;

    /// <summary>How it starts.</summary>
    public Initialiser Initialiser { get; } = initialiser;
}
