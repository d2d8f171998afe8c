namespace Samples.Shared.Jobs;

/// <summary>The models of <see cref="Recipe"/>.</summary>
public enum ModelKind
{
    /// <summary>A perceptron, 784-256-10.</summary>
    Mlp,

    /// <summary>Two convolutions with pooling and a linear layer.</summary>
    Cnn,
}
