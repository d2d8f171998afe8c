namespace PoUW.Compute.Compilation;

/// <summary>A trained tensor of a compiled model.</summary>
/// <param name="Name">Its key in state dicts; also its state slot.</param>
/// <param name="Shape">PyTorch's shape.</param>
/// <param name="Aliases">Further names, if its weights are tied.</param>
public sealed record ParameterInfo(string Name, IReadOnlyList<int> Shape, IReadOnlyList<string> Aliases);
