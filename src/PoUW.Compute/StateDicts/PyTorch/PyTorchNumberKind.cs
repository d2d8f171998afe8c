namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>Kinds of a Python number.</summary>
public enum PyTorchNumberKind
{
    /// <summary>int; those beyond 64 bits are not read.</summary>
    Integer,

    /// <summary>float, binary64.</summary>
    Float,

    /// <summary>bool.</summary>
    Boolean,
}
