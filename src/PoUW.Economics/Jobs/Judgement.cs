using PoUW.Core.Primitives;

namespace PoUW.Economics.Jobs;

/// <summary>What an audit found.</summary>
/// <param name="Digest">What more than half of the drawn auditors opened.</param>
/// <param name="Verdict">The worker's offence, or null if its unit is accepted.</param>
/// <param name="Majority">Auditors that opened it, in the order in which they were drawn.</param>
/// <param name="Minority">Auditors that contradict them.</param>
internal sealed record Judgement(Hash256 Digest, Offence? Verdict, IReadOnlyList<Address> Majority, IReadOnlyList<AuditorState> Minority);
