namespace PoUW.Training.Workers;

/// <summary>
/// What a worker computes while it holds no lease. Called on the worker's own thread, again and again; one call should take no more than
/// some tens of milliseconds, so that a new lease is seen soon.
/// </summary>
public interface IIdleWork
{
    /// <summary>Does one piece of work.</summary>
    void RunOnce();
}
