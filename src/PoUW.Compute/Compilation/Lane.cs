namespace PoUW.Compute.Compilation;

/// <summary>The arithmetic of training. Both are exact: the same bits on every machine, so that others can audit.</summary>
public enum Lane
{
    /// <summary>Lane I: int7 operands, Int32 sums and master weights. Its products may draw tickets.</summary>
    Integer,

    /// <summary>Lane R: fp32 with a fixed order of operations.</summary>
    Reproducible,
}
