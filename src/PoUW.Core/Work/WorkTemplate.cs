using System.Numerics;
using PoUW.Core.Primitives;

namespace PoUW.Core.Work;

/// <summary>
/// What tickets are drawn on, and what a certificate is verified against: the hash that binds the chain, the header and the producer, the
/// binding to a lease, and the target. Immutable; a template whose parent is no longer the head yields worthless tickets.
/// </summary>
/// <param name="Sigma">Binds the header; see <see cref="TileWorkSeeds"/>.</param>
/// <param name="Binding">Binds the operation of a lease; zero for an unbound ticket.</param>
/// <param name="Target">Target per multiply-accumulate: a ticket of a work unit of n MACs wins if it is at most Target * n.</param>
public sealed record WorkTemplate(Hash256 Sigma, Hash256 Binding, BigInteger Target)
{
    /// <summary>True for tickets that are bound to a lease.</summary>
    public bool IsBound => !Binding.IsZero;

    /// <summary>Tickets bound to a full header, and hence to a block's transactions and time.</summary>
    /// <param name="chainId">The chain.</param>
    /// <param name="incompleteHeader">The encoded header without its certificate commitment.</param>
    /// <param name="target">Target per MAC.</param>
    public static WorkTemplate Unbound(ulong chainId, ReadOnlySpan<byte> incompleteHeader, BigInteger target) =>
        new(TileWorkSeeds.UnboundSigma(chainId, incompleteHeader), Hash256.Zero, target);

    /// <summary>Tickets bound to one operation of a lease on one parent, and to nothing that the miner could vary.</summary>
    /// <param name="chainId">The chain.</param>
    /// <param name="height">Height of the block.</param>
    /// <param name="parentHash">Hash of the parent.</param>
    /// <param name="bits">Compact target of the block.</param>
    /// <param name="claim">The operation.</param>
    /// <param name="miner">The lease's holder.</param>
    /// <param name="target">Target per MAC.</param>
    public static WorkTemplate Bound(
        ulong chainId, ulong height, Hash256 parentHash, uint bits, BoundClaim claim, Address miner, BigInteger target) =>
        new(TileWorkSeeds.BoundSigma(chainId, height, parentHash, bits, claim.LeaseId, miner.ToArray()), claim.Binding, target);
}
