using PoUW.Core.Blocks;
using PoUW.Core.Validation;

namespace PoUW.Core.Orphans;

/// <summary>A block that had waited for its parent, and what the chain said when the parent had come.</summary>
/// <typeparam name="TSource">What names a source.</typeparam>
/// <param name="Source">Who had sent it.</param>
/// <param name="Block">The block.</param>
/// <param name="Result">What the chain said.</param>
public sealed record AdoptedOrphan<TSource>(TSource Source, Block Block, ValidationResult Result)
    where TSource : notnull;
