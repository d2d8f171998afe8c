using PoUW.Core.Jobs;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Jobs;

/// <summary>A drawn auditor and what it has said so far.</summary>
/// <param name="Auditor">The validator.</param>
/// <param name="Commitment">Its commitment; zero while there is none.</param>
/// <param name="Reveal">Its opened verdict, or null.</param>
public sealed record AuditorState(Address Auditor, Hash256 Commitment, AuditReveal? Reveal);
