using PoUW.Sdk.Nodes;

namespace TrainOnNetwork;

/// <summary>Collects what nodes report, so that it can be shown without breaking the display. Thread-safe.</summary>
internal sealed class Warnings : INodeObserver
{
    private const int MaxKept = 20;
    private readonly Lock _gate = new();
    private readonly List<string> _messages = [];

    public int Count { get; private set; }

    public void Warn(string node, string message)
    {
        lock (_gate)
        {
            Count++;
            if (_messages.Count < MaxKept)
            {
                _messages.Add($"{node}: {message}");
            }
        }
    }

    public IReadOnlyList<string> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }
}
