using PoUW.Core.Primitives;

namespace PoUW.Core.Chain;

/// <summary>Where a transaction is on the chain of the head.</summary>
/// <param name="BlockId">The block.</param>
/// <param name="Index">Its position in the block, from 0.</param>
public sealed record TransactionLocation(Hash256 BlockId, int Index);
