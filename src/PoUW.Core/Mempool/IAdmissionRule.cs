using PoUW.Core.Validation;

namespace PoUW.Core.Mempool;

/// <summary>
/// One reason for which a pool may refuse a transaction. Rules run in a fixed order (<see cref="AdmissionRules"/>); the first that objects
/// ends the check, and its name and code are counted. A rule looks at the context and changes nothing; it must not throw on bad input and
/// must not call the pool. Everything in the transaction comes from strangers.
/// <example>
/// A rule of a host that takes no transactions of one kind:
/// <code>
/// sealed class NoJobs : IAdmissionRule
/// {
///     public string Name => "no-jobs";
///     public AdmissionStage Stage => AdmissionStage.BeforeSignature;
///     public ValidationResult Check(in AdmissionContext context) => context.Body.Kind == TransactionKind.SubmitJob
///         ? ValidationResult.Fail(ValidationCode.NotAllowed, nameof(TransactionBody.Kind), "This node takes no jobs.")
///         : ValidationResult.Ok;
/// }
/// </code>
/// </example>
/// A code whose verdict is <see cref="GossipVerdict.Reject"/> counts against the peer that sent the transaction: it must mean that no honest
/// node would have passed it on.
/// </summary>
public interface IAdmissionRule
{
    /// <summary>A short name for metrics and logs, such as "tip"; the same for all instances.</summary>
    string Name { get; }

    /// <summary>When the rule is asked.</summary>
    AdmissionStage Stage { get; }

    /// <summary>Says whether the rule has an objection.</summary>
    ValidationResult Check(in AdmissionContext context);
}
