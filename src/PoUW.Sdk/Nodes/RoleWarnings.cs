using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Training;
using PoUW.Training.Auditors;
using PoUW.Training.Workers;

namespace PoUW.Sdk.Nodes;

/// <summary>Passes the troubles of a worker or an auditor to the node's observer.</summary>
internal sealed class RoleWarnings(string node, INodeObserver observer) : IWorkerObserver, IAuditorObserver
{
    public void Judged(UnitRecord record, AuditReveal verdict)
    {
        // What an auditor found is on chain soon enough; it is secret until then.
    }

    public void Leaned(Lease lease) => observer.Warn(
        node, $"the accepted units of {lease.Worker} in job {lease.JobId} lean to one side by more than one may differ, last unit {lease.Unit}");

    public void StakeTooLow(Amount staked, Amount needed) => observer.Warn(
        node, $"the account has {staked} at stake and its roles need {needed}: below the least of a validator it neither audits nor votes until it stakes more");

    public void Rejected(string what, ValidationResult result) => observer.Warn(node, $"{what} was not admitted: {result}");

    public void Failed(Lease lease, TrainingException failure) => observer.Warn(node, $"unit {lease.Unit} was not done: {failure.Message}");
}
