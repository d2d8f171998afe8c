namespace PoUW.Benchmarks.Sweeps.Processes;

/// <summary>The sweep cannot go on; the message says why.</summary>
internal sealed class ProcessSweepException(string message) : Exception(message);
