using PoUW.Core.State.Snapshots;

namespace PoUW.Network.Sync;

/// <summary>A request for a chunk of a state to one peer. Used by one task at a time.</summary>
/// <param name="place">The chunk, counted from the first one that is missing here.</param>
/// <param name="peer">Whom.</param>
/// <param name="start">When, in ticks of the clock.</param>
/// <param name="answer">The chunk, or null and what is wrong with it if something is.</param>
internal sealed class SnapshotFetch(int place, SnapshotPeer peer, long start, Task<(SnapshotChunk? Chunk, string Fault)> answer)
{
    internal int Place { get; } = place;

    internal SnapshotPeer Peer { get; } = peer;

    internal long Start { get; } = start;

    internal Task<(SnapshotChunk? Chunk, string Fault)> Answer { get; } = answer;

    /// <summary>True once it takes long: another peer may be asked, too.</summary>
    internal bool IsLate { get; set; }
}
