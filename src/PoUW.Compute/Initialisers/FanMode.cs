namespace PoUW.Compute.Initialisers;

/// <summary>Which connections the Kaiming initialisers count: PyTorch's mode.</summary>
public enum FanMode
{
    /// <summary>PyTorch's "fan_in": inputs of one output; activations keep their size.</summary>
    FanIn,

    /// <summary>PyTorch's "fan_out": outputs that one input reaches; gradients keep their size.</summary>
    FanOut,
}
