using PoUW.Core.Validation;

namespace PoUW.Core.Orphans;

/// <summary>What became of a block that was given to an orphan pool.</summary>
/// <typeparam name="TSource">What names a source.</typeparam>
/// <param name="Result">
/// What the chain says. <see cref="ValidationCode.UnknownParent"/> if the parent is not known and nothing is wrong with the block: fetch the
/// parent, and unless <paramref name="IsKept"/> the block again.
/// </param>
/// <param name="IsKept">True if the block waits for its parent now.</param>
/// <param name="Adopted">The blocks that had waited for this one, and for each other, in the order of their import.</param>
public sealed record OrphanImport<TSource>(ValidationResult Result, bool IsKept, IReadOnlyList<AdoptedOrphan<TSource>> Adopted)
    where TSource : notnull;
