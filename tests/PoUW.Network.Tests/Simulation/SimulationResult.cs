namespace PoUW.Network.Tests.Simulation;

/// <summary>What a scenario gave: figures in virtual time, and the hash over all that was delivered, to whom and when.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Nodes">Honest nodes.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Figures">By name.</param>
/// <param name="Violations">Gates that broke.</param>
/// <param name="Trace">The hash.</param>
/// <param name="VirtualSeconds">How long it was.</param>
internal sealed record SimulationResult(
    string Scenario, int Nodes, int Seed, IReadOnlyDictionary<string, double> Figures, IReadOnlyList<string> Violations, string Trace, double VirtualSeconds);
