namespace PoUW.Network.Guards;

/// <summary>A table of at most so many keys, which forgets the one that was used longest ago first. O(1). Not for several threads.</summary>
internal sealed class RecentTable<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _nodes = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _byUse = new();

    public int Count => _nodes.Count;

    /// <summary>The value of a key, which counts as a use.</summary>
    public bool TryGet(TKey key, out TValue value)
    {
        bool found = _nodes.TryGetValue(key, out LinkedListNode<(TKey Key, TValue Value)>? node);
        value = found ? node!.Value.Value : default!;
        if (found)
        {
            _byUse.Remove(node!);
            _byUse.AddLast(node!);
        }

        return found;
    }

    public void Set(TKey key, TValue value)
    {
        Remove(key);
        if (_nodes.Count == capacity)
        {
            Remove(_byUse.First!.Value.Key);
        }

        _nodes.Add(key, _byUse.AddLast((key, value)));
    }

    public void Remove(TKey key)
    {
        if (_nodes.Remove(key, out LinkedListNode<(TKey Key, TValue Value)>? node))
        {
            _byUse.Remove(node);
        }
    }
}
