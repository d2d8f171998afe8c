using PoUW.Core.Primitives;
using PoUW.Training.Execution;

namespace PoUW.Training.Auditors;

/// <summary>What an auditor says about a unit.</summary>
/// <param name="Digest">The digest that it opens.</param>
/// <param name="Available">True if the state that the record names could be had.</param>
/// <param name="Served">The unit that the auditor serves once it is accepted; null for none.</param>
/// <param name="Leans">True if the worker's accepted units together lean further than one may (lane T).</param>
internal sealed record Opinion(Hash256 Digest, bool Available, ReplayedUnit? Served, bool Leans = false);
