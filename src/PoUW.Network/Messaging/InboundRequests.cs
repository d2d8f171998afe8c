namespace PoUW.Network.Messaging;

/// <summary>Requests of one peer that are being served. Any thread.</summary>
internal sealed class InboundRequests(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, CancellationTokenSource> _running = [];
    private bool _closed;

    /// <returns>What the id's handler should listen to, or null if there is no room.</returns>
    public CancellationTokenSource? TryAdd(uint id, out bool isDuplicate)
    {
        lock (_gate)
        {
            isDuplicate = _running.ContainsKey(id);
            if (_closed || isDuplicate || _running.Count == capacity)
            {
                return null;
            }

            CancellationTokenSource source = new();
            _running.Add(id, source);
            return source;
        }
    }

    public void Remove(uint id)
    {
        lock (_gate)
        {
            _running.Remove(id);
        }
    }

    public void Cancel(uint id)
    {
        CancellationTokenSource? source;
        lock (_gate)
        {
            _running.TryGetValue(id, out source);
        }

        source?.Cancel();
    }

    public void Close()
    {
        CancellationTokenSource[] sources;
        lock (_gate)
        {
            _closed = true;
            sources = [.. _running.OrderBy(static pair => pair.Key).Select(static pair => pair.Value)];
        }

        foreach (CancellationTokenSource source in sources)
        {
            source.Cancel();
        }
    }
}
