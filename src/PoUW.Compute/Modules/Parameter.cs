using PoUW.Compute.Initialisers;

namespace PoUW.Compute.Modules;

/// <summary>
/// A trained tensor of a module: its shape as in PyTorch's state dict and how it starts. It has no numbers; those are the state of a
/// runner. Sharing one object between modules ties their weights.
/// </summary>
/// <param name="shape">PyTorch's shape.</param>
/// <param name="initialiser">How it starts; one that counts fans needs at least 2 dimensions.</param>
/// <exception cref="ArgumentException">The shape has no fans, but the initialiser needs them.</exception>
public sealed class Parameter(IReadOnlyList<int> shape, Initialiser initialiser)
{
    /// <summary>PyTorch's shape.</summary>
    public IReadOnlyList<int> Shape { get; } = shape;

    /// <summary>How it starts, with the fans of its shape.</summary>
    public Initialiser Initialiser { get; } = initialiser.For(shape);
}
