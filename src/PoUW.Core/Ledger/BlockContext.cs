using PoUW.Core.Parameters;
using PoUW.Core.Primitives;

namespace PoUW.Core.Ledger;

/// <summary>What a module sees of the block under execution.</summary>
/// <param name="Height">The block's height; genesis is 0.</param>
/// <param name="TimestampMilliseconds">The header's time, milliseconds since the Unix epoch.</param>
/// <param name="ParentId">The parent block's id.</param>
/// <param name="ParentTicket">
/// The parent's ticket, zero for genesis: entropy that nobody knew before the parent was found. The parent's producer could have withheld it.
/// </param>
/// <param name="Producer">The account that the coinbase pays.</param>
/// <param name="Beacon">Randomness for this block: the beacon value of the last settled epoch.</param>
/// <param name="Bits">The block's compact target.</param>
/// <param name="ParentWork">The bound ticket that won the parent; null if its ticket was unbound.</param>
/// <param name="Parameters">The network's parameters.</param>
public sealed record BlockContext(
    ulong Height, ulong TimestampMilliseconds, Hash256 ParentId, Hash256 ParentTicket, Address Producer, Hash256 Beacon,
    uint Bits, BoundWork? ParentWork, NetworkParameters Parameters);
