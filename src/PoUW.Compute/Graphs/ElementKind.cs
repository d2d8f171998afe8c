namespace PoUW.Compute.Graphs;

/// <summary>What the elements of a value are.</summary>
public enum ElementKind
{
    /// <summary>Numbers that are computed with: fp32 in lane R, int7 in lane I.</summary>
    Real,

    /// <summary>Indices, for example tokens.</summary>
    Index,
}
