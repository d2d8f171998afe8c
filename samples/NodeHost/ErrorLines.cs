using PoUW.Sdk.Nodes;

namespace NodeHost;

/// <summary>Writes what a node survives, a line each. Thread-safe.</summary>
internal sealed class ErrorLines(TextWriter errors) : INodeObserver
{
    private readonly Lock _gate = new();

    public void Warn(string node, string message)
    {
        lock (_gate)
        {
            errors.WriteLine($"{node}: {message.ReplaceLineEndings(" ")}");
        }
    }
}
