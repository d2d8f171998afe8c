namespace PoUW.Simulation.Conformance;

/// <summary>What the cases of one operation gave.</summary>
/// <param name="Operation">Name of the operation.</param>
/// <param name="Cases">Cases that ran.</param>
/// <param name="Digest">SHA-256 over all results, in hexadecimal: equal on every machine.</param>
/// <param name="Mismatch">The first case that differs from the definition, or null.</param>
public sealed record ConformanceReport(string Operation, int Cases, string Digest, string? Mismatch);
