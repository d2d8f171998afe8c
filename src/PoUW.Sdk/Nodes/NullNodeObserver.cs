namespace PoUW.Sdk.Nodes;

/// <summary>Hears nothing.</summary>
public sealed class NullNodeObserver : INodeObserver
{
    /// <inheritdoc/>
    public void Warn(string node, string message)
    {
        // Nobody wants to know.
    }
}
