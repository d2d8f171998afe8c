namespace PoUW.Network.Tests.Support;

/// <summary>A <see cref="SimulationWorld"/> cannot go on, or its scenario broke a rule of it.</summary>
internal sealed class SimulationException(string message) : Exception(message);
