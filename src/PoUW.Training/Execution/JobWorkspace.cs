using PoUW.Core.Primitives;

namespace PoUW.Training.Execution;

/// <summary>A job that is ready to run units. Belongs to one thread at a time.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Executor">Runs its units.</param>
/// <param name="Start">Rebuilds the start states of its rounds.</param>
internal sealed record JobWorkspace(Hash256 JobId, IUnitExecutor Executor, RoundStart Start);
