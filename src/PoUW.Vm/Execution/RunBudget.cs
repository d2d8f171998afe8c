namespace PoUW.Vm.Execution;

/// <summary>What a run may use.</summary>
/// <param name="Gas">Gas; the same on every machine.</param>
/// <param name="Time">
/// Time by the host's clock, or null for no bound. It is looked at between slices of gas and before tensor instructions, and protects the
/// host only: nothing may be concluded from a run that it ended.
/// </param>
/// <param name="Clock">The clock; null for the system's.</param>
public sealed record RunBudget(long Gas, TimeSpan? Time = null, TimeProvider? Clock = null);
