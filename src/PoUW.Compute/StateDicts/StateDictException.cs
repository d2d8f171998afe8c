namespace PoUW.Compute.StateDicts;

/// <summary>A state dict was asked for something that it does not hold, such as a missing name or a value that a conversion would change.</summary>
public sealed class StateDictException(string message) : ComputeException(message);
