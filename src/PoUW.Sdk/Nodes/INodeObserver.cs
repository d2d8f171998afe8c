namespace PoUW.Sdk.Nodes;

/// <summary>
/// Hears what a host may want to log: failures that a node survives. Called from any thread; must return quickly, must not throw and
/// must not call back.
/// </summary>
public interface INodeObserver
{
    /// <summary>Something went wrong that the node survives.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="message">One sentence.</param>
    void Warn(string node, string message);
}
