namespace PoUW.Compute.Plans;

/// <summary>A tensor of a plan before places in memory are assigned.</summary>
internal readonly record struct BufferId(int Index);
