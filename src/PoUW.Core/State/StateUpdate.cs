using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.State;

/// <summary>The tree that some changes give, before anything of it is written. Used by one thread.</summary>
public sealed class StateUpdate
{
    private readonly WriteBatch _nodes;
    private readonly StateVersion _version;

    internal StateUpdate(StateVersion version, WriteBatch nodes)
    {
        _version = version;
        _nodes = nodes;
    }

    /// <summary>The root of the new state.</summary>
    public Hash256 Root => _version.Root;

    /// <summary>Adds the writes of the new state to a batch; the version is readable once the batch is applied.</summary>
    public StateVersion WriteTo(WriteBatch batch)
    {
        batch.Append(_nodes);
        return _version;
    }
}
