using System.Collections.Concurrent;
using PoUW.Sdk.Nodes;

namespace PoUW.Sdk.Tests.Nodes;

internal sealed class RecordingObserver : INodeObserver
{
    private readonly ConcurrentQueue<string> _messages = new();

    public IEnumerable<string> Messages => _messages;

    public void Warn(string node, string message) => _messages.Enqueue($"{node}: {message}");
}
