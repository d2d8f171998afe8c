using PoUW.Core.Jobs;
using PoUW.Core.Validation;

namespace PoUW.Training.Workers;

/// <summary>Hears what goes wrong in a worker. Called from the worker's loop; must return quickly and must not call back.</summary>
public interface IWorkerObserver
{
    /// <summary>A transaction of the worker was not admitted.</summary>
    void Rejected(string what, ValidationResult result);

    /// <summary>A leased unit could not be done; its lease will expire.</summary>
    void Failed(Lease lease, TrainingException failure);
}
