using PoUW.Core.Blocks;
using PoUW.Core.Primitives;

namespace PoUW.Core.Headers;

/// <summary>A block to fetch.</summary>
/// <typeparam name="TPeer">What names a peer.</typeparam>
/// <param name="Header">Its header.</param>
/// <param name="Id">Its id.</param>
/// <param name="Peers">Who sent the header, the first sender first: each of them should have the block.</param>
public sealed record BodyRequest<TPeer>(BlockHeader Header, Hash256 Id, IReadOnlyList<TPeer> Peers)
    where TPeer : notnull;
