namespace TrainOnNetwork.HtmlReport;

/// <summary>What one account got and lost, in coins.</summary>
/// <param name="Account">Name of the account.</param>
/// <param name="Role">What the account did in the run.</param>
/// <param name="Paid">Pay for accepted units.</param>
/// <param name="AuditFees">Fees for audits.</param>
/// <param name="BlockRewards">Rewards for blocks, bonuses of bound ones included.</param>
/// <param name="Slashed">Stake lost.</param>
/// <param name="Balance">Balance at the end.</param>
internal sealed record PaymentRow(
    string Account, string Role, string Paid, string AuditFees, string BlockRewards, string Slashed, string Balance);
