using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Core.Ledger;

/// <summary>A bound ticket that won a block.</summary>
/// <param name="Claim">The operation that it was drawn on.</param>
/// <param name="Worker">The block's producer, who holds the lease.</param>
/// <param name="Bits">The block's compact target.</param>
/// <param name="Operands">Digest of the operands that the certificate names (<see cref="OperationDigest"/>).</param>
public sealed record BoundWork(BoundClaim Claim, Address Worker, uint Bits, Hash256 Operands);
