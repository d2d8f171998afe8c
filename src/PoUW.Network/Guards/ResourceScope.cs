namespace PoUW.Network.Guards;

/// <summary>A counter with a limit. Used under the manager's lock.</summary>
internal sealed class ResourceScope(string kind, object? key, ResourceLimit limit)
{
    public string Name => key is null ? kind : $"{kind} {key}";

    public ResourceUsage Usage { get; private set; }

    /// <summary>The limit that would be exceeded, or null.</summary>
    public string? FindExceeded(ResourceUsage growth) => limit.FindExceeded(Usage + growth, growth);

    public void Add(ResourceUsage growth) => Usage += growth;

    public void Remove(ResourceUsage part) => Usage -= part;
}
