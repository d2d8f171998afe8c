using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Sdk.Mining;

/// <summary>A template that was given out, and what a ticket below its target makes.</summary>
/// <param name="Work">The template.</param>
/// <param name="Parent">The head that it was made on.</param>
/// <param name="Block">Unbound: the block that waits for its certificate.</param>
/// <param name="Claim">Bound: the operation.</param>
/// <param name="EarliestMs">Bound: the earliest time of the block.</param>
internal sealed record IssuedWork(WorkTemplate Work, Hash256 Parent, BlockTemplate? Block, BoundClaim? Claim, ulong EarliestMs);
