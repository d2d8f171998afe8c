using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.State;

namespace PoUW.Core.Chain;

/// <summary>A block as its children see it.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Id">The header's id.</param>
/// <param name="Ticket">The ticket of its certificate; zero for genesis.</param>
/// <param name="TotalWork">The work of the chain up to and including it.</param>
/// <param name="Operands">Digest of the operands that its certificate names; zero unless its ticket is bound.</param>
/// <param name="State">The state after the block; the empty one if it was not executed.</param>
public sealed record ChainPosition(BlockHeader Header, Hash256 Id, Hash256 Ticket, BigInteger TotalWork, Hash256 Operands = default, StateVersion State = default)
{
    /// <summary>The bound ticket that won the block, or null.</summary>
    public BoundWork? Work => Header.Claim is { } claim ? new BoundWork(claim, Header.Producer, Header.Bits, Operands) : null;
}
