namespace PoUW.Network.Guards;

/// <summary>The scopes of one kind that hold anything. Used under the manager's lock.</summary>
internal sealed class ResourceTable<TKey>(string kind, ResourceLimit limit)
    where TKey : notnull
{
    private readonly Dictionary<TKey, ResourceScope> _scopes = [];

    public int Count => _scopes.Count;

    public ResourceUsage UsageOf(TKey key) => _scopes.GetValueOrDefault(key)?.Usage ?? default;

    public ResourceScope GetOrAdd(TKey key)
    {
        if (!_scopes.TryGetValue(key, out ResourceScope? scope))
        {
            scope = new ResourceScope(kind, key, limit);
            _scopes.Add(key, scope);
        }

        return scope;
    }

    public void ForgetIfEmpty(TKey key)
    {
        if (_scopes.TryGetValue(key, out ResourceScope? scope) && scope.Usage.IsZero)
        {
            _scopes.Remove(key);
        }
    }
}
