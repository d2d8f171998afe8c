using PoUW.Core.Jobs;

namespace PoUW.Training.Execution;

/// <summary>A unit that was run: the record to commit and the state that it names.</summary>
/// <param name="Record">The unit's record.</param>
/// <param name="End">The state after the unit's last step.</param>
public sealed record ReplayedUnit(UnitRecord Record, ModelState End);
