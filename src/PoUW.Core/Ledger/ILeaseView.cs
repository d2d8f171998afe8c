using PoUW.Core.Blocks;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Ledger;

/// <summary>
/// Says whether a block may claim an operation of a lease: a rule of block validity over the state of the block's parent. It is consensus
/// code like a module: a pure function of its arguments that never throws on bad input. Everything in the header and the shape comes from
/// strangers. Called by the chain from one thread at a time, and by producers on states of their own; must not call back.
/// </summary>
public interface ILeaseView
{
    /// <summary>Checks a claim.</summary>
    /// <param name="parentState">The state after the parent.</param>
    /// <param name="parent">The parent's header.</param>
    /// <param name="header">The header; its claim is present.</param>
    /// <param name="shape">The shape of the product that the certificate names.</param>
    ValidationResult CheckClaim(IStateReader parentState, BlockHeader parent, BlockHeader header, in TileWorkShape shape);
}
