using PoUW.Core.Blocks;
using PoUW.Core.Primitives;

namespace PoUW.Core.Orphans;

/// <summary>A block that waits for its parent.</summary>
/// <param name="Source">Who sent it.</param>
/// <param name="Block">The block.</param>
/// <param name="Id">Its id.</param>
/// <param name="Bytes">The bytes of its encoding.</param>
/// <param name="Arrival">Its place in the order of arrival.</param>
/// <param name="At">When it came, in ticks of the clock.</param>
internal sealed record Orphan<TSource>(TSource Source, Block Block, Hash256 Id, int Bytes, long Arrival, long At)
    where TSource : notnull;
