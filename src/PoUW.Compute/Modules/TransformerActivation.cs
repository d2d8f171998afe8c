namespace PoUW.Compute.Modules;

/// <summary>The activation of a <see cref="TransformerEncoderLayer"/>.</summary>
public enum TransformerActivation
{
    /// <summary>max(x, 0).</summary>
    ReLU,

    /// <summary>The exact GELU.</summary>
    GELU,
}
