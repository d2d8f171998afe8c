namespace PoUW.Benchmarks;

/// <summary>Both sides of a comparison from one run.</summary>
/// <param name="Own">This repository's side; null where only the peer was asked for.</param>
/// <param name="Peer">The peer's side; null where it is absent.</param>
/// <param name="OtherProcessors">Processors that other programs kept busy meanwhile; null where the system does not say.</param>
public sealed record PairedResult(SideTiming? Own, SideTiming? Peer, double? OtherProcessors);
