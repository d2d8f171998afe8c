using System.Numerics;

namespace PoUW.Core.Work;

/// <summary>
/// What a miner needs to draw unbound tickets for the next block: the incomplete header, which the ticket seeds bind, and the target.
/// Immutable; a template whose parent is no longer the head yields worthless tickets.
/// </summary>
/// <param name="ChainId">The chain, bound into sigma.</param>
/// <param name="IncompleteHeader">The encoded header without its certificate commitment.</param>
/// <param name="Target">Target per multiply-accumulate: a ticket of a work unit of n MACs wins if it is at most Target * n.</param>
public sealed record WorkTemplate(ulong ChainId, ReadOnlyMemory<byte> IncompleteHeader, BigInteger Target);
