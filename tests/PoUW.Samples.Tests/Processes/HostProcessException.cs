namespace PoUW.Samples.Tests.Processes;

/// <summary>A process of NodeHost did not do what it should; the message says what.</summary>
internal sealed class HostProcessException(string message) : Exception(message);
