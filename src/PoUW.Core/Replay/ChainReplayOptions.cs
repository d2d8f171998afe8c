using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Runtime;

namespace PoUW.Core.Replay;

/// <summary>What is replayed into what.</summary>
public sealed record ChainReplayOptions
{
    /// <summary>The chain to fill: its store may hold the beginning of it. No other chain may have the store open.</summary>
    public required BlockChainOptions Target { get; init; }

    /// <summary>
    /// A block that the operator vouches for: what its own node had finalized (<see cref="StoredBlocks.Finalized"/> of its own store), or a
    /// checkpoint from a source that it trusts. Null to verify everything.
    /// </summary>
    public Checkpoint? Checkpoint { get; init; }

    /// <summary>
    /// How many bytes of writes are made durable at once. A crash loses the blocks since the last time, and a replay of the same source goes
    /// on from there. 0 makes every block durable by itself.
    /// </summary>
    public int GroupBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Reads and prepares a block while the one below is executed.</summary>
    public ISpawner Spawner { get; init; } = new ThreadPoolSpawner();
}
