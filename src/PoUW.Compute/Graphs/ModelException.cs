using PoUW.Core;

namespace PoUW.Compute.Graphs;

/// <summary>A model that cannot be built: what is wrong and, in <see cref="Scope"/>, in which module.</summary>
public sealed class ModelException(string message, string scope = "") : PouwException(message)
{
    /// <summary>Path of the module, as "features.conv1"; empty for the model itself.</summary>
    public string Scope { get; } = scope;
}
