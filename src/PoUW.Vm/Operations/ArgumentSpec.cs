namespace PoUW.Vm.Operations;

/// <summary>A value that an operation takes from the stack; outside its range the instruction traps.</summary>
/// <param name="Name">Name in messages and documents.</param>
/// <param name="Minimum">Smallest value.</param>
/// <param name="Maximum">Largest value.</param>
public sealed record ArgumentSpec(string Name, long Minimum = long.MinValue, long Maximum = long.MaxValue);
