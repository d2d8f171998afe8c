namespace PoUW.Core.Ledger;

/// <summary>The type byte of a transaction's envelope. Values below 16 belong to Core; modules take ranges above.</summary>
public enum TransactionKind : byte
{
    /// <summary>Moves an amount to an address. Handled by Core.</summary>
    Transfer = 0,

    /// <summary>Casts a vote for a checkpoint. Handled by Core.</summary>
    CheckpointVote = 1,

    /// <summary>Proves that somebody equivocated: two conflicting votes, or two blocks on one parent. Handled by Core.</summary>
    Evidence = 2,

    /// <summary>Bonds coins and takes roles.</summary>
    Stake = 16,

    /// <summary>Starts to take bonded coins back.</summary>
    Unstake = 17,

    /// <summary>Takes coins back whose unbonding period is over.</summary>
    Withdraw = 18,

    /// <summary>Submits a job with its escrow.</summary>
    SubmitJob = 32,

    /// <summary>Commits the result of a leased unit.</summary>
    CommitUnit = 33,

    /// <summary>Commits an auditor to a verdict that stays hidden.</summary>
    CommitAudit = 35,

    /// <summary>Opens an auditor's verdict.</summary>
    RevealAudit = 36,

    /// <summary>Ends a job before its last unit and returns what is left of the escrow.</summary>
    CloseJob = 34,
}
