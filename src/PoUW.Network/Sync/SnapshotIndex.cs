using PoUW.Core.Primitives;

namespace PoUW.Network.Sync;

/// <summary>Where the chunks of a state end, so that they can be served by number. Immutable.</summary>
/// <param name="BlockId">The block.</param>
/// <param name="StateRoot">The root of the state after it.</param>
/// <param name="Ends">The path of the last leaf of each chunk, ascending.</param>
internal sealed record SnapshotIndex(Hash256 BlockId, Hash256 StateRoot, IReadOnlyList<Hash256> Ends)
{
    /// <summary>The leaf after which a chunk begins; null for the first.</summary>
    internal Hash256? StartOf(int chunk) => chunk == 0 ? null : Ends[chunk - 1];

    /// <summary>The number of the chunk that begins after a leaf.</summary>
    internal int NumberAfter(Hash256? leaf)
    {
        int number = 0;
        while (leaf is { } path && number < Ends.Count && Ends[number] <= path)
        {
            number++;
        }

        return number;
    }
}
