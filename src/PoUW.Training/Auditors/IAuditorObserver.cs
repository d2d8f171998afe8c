using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Training.Auditors;

/// <summary>Hears what an auditor finds. Called from the auditor's loop; must return quickly and must not call back.</summary>
public interface IAuditorObserver
{
    /// <summary>A unit was replayed; the verdict is in the journal and secret until it is opened on chain.</summary>
    /// <param name="record">What the worker committed.</param>
    /// <param name="verdict">
    /// What the auditor found. In exact lanes the record is true if the digest is that of the record and of its lease's wins. In lane T that digest, with an available
    /// state, says "within the bounds"; with one that is not available it says nothing about the record, and
    /// <see cref="AuditReveal.OutOfBounds"/> of it says "outside".
    /// </param>
    void Judged(UnitRecord record, AuditReveal verdict);

    /// <summary>
    /// The units of a lease's worker that were within the bounds of lane T differ from this auditor's replays in one direction, together by more than one of them
    /// may. No verdict follows from it: another auditor, with other units, need not see it.
    /// </summary>
    void Leaned(Lease lease);

    /// <summary>
    /// The account has the validator role, but its stake has fallen below what its roles need, and the auditor was told to leave staking to somebody else: below
    /// the least stake of a validator the account is drawn for no audit and has no vote. Told once each time that this comes about.
    /// </summary>
    /// <param name="staked">What is at stake.</param>
    /// <param name="needed">The least that is needed.</param>
    void StakeTooLow(Amount staked, Amount needed);

    /// <summary>A transaction of the auditor was not admitted.</summary>
    void Rejected(string what, ValidationResult result);

    /// <summary>A unit could not be replayed, or its verdict is not in the journal; the auditor does not vote on it for now.</summary>
    void Failed(Lease lease, TrainingException failure);
}
