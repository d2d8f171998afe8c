namespace PoUW.Compute.Initialisers;

/// <summary>The function behind a layer, from which the initialisers take their gain: PyTorch's nonlinearity.</summary>
public enum Nonlinearity
{
    /// <summary>None, or a convolution: gain 1.</summary>
    Linear,

    /// <summary>Gain 1.</summary>
    Sigmoid,

    /// <summary>Gain 5/3.</summary>
    Tanh,

    /// <summary>Gain sqrt(2).</summary>
    Relu,

    /// <summary>Gain sqrt(2 / (1 + slope^2)).</summary>
    LeakyRelu,

    /// <summary>Gain 3/4.</summary>
    Selu,
}
