using PoUW.Core.Jobs;
using PoUW.Core.Validation;
using PoUW.Training;
using PoUW.Training.Workers;

namespace PoUW.Sdk.Nodes;

/// <summary>Passes a worker's troubles to the node's observer.</summary>
internal sealed class WorkerWarnings(string node, INodeObserver observer) : IWorkerObserver
{
    public void Rejected(string what, ValidationResult result) => observer.Warn(node, $"{what} was not admitted: {result}");

    public void Failed(Lease lease, TrainingException failure) => observer.Warn(node, $"unit {lease.Unit} was not done: {failure.Message}");
}
