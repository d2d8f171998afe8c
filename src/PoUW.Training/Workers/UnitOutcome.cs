using PoUW.Core.Jobs;
using PoUW.Training.Execution;

namespace PoUW.Training.Workers;

/// <summary>What a worker makes of a unit.</summary>
/// <param name="Record">The record to commit.</param>
/// <param name="End">The state that the record names.</param>
/// <param name="Publish">True to make the state available to others.</param>
public sealed record UnitOutcome(UnitRecord Record, ModelState End, bool Publish);
