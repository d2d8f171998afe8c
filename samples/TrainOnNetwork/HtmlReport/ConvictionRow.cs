namespace TrainOnNetwork.HtmlReport;

/// <summary>A proven lie and its evidence.</summary>
/// <param name="Worker">The worker that lied.</param>
/// <param name="Round">Round of the unit.</param>
/// <param name="Unit">Number of the unit.</param>
/// <param name="Attempt">Number of the lease.</param>
/// <param name="Lie">What the worker did, in words.</param>
/// <param name="CommittedDigest">Digest of the result the worker committed to.</param>
/// <param name="AuditedDigest">Digest the auditors computed.</param>
/// <param name="Auditors">Names of the auditors that found the difference.</param>
/// <param name="Height">Height of the block with the conviction.</param>
/// <param name="Slashed">Stake taken, in coins.</param>
/// <param name="TransactionIds">Transactions that hold the evidence, as text.</param>
internal sealed record ConvictionRow(
    string Worker,
    int Round,
    int Unit,
    int Attempt,
    string Lie,
    string CommittedDigest,
    string AuditedDigest,
    IReadOnlyList<string> Auditors,
    ulong Height,
    string Slashed,
    string TransactionIds);
