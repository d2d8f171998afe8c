namespace PoUW.Core.Ledger;

/// <summary>The type byte of a transaction's envelope. Values below 16 belong to Core; modules take ranges above.</summary>
public enum TransactionKind : byte
{
    /// <summary>Moves an amount to an address. Handled by Core.</summary>
    Transfer = 0,

    /// <summary>Registers the sender as a worker.</summary>
    RegisterWorker = 16,

    /// <summary>Submits a job with its escrow.</summary>
    SubmitJob = 32,

    /// <summary>Commits the result of a leased unit.</summary>
    CommitUnit = 33,

    /// <summary>Ends a job before its last unit and returns what is left of the escrow.</summary>
    CloseJob = 34,
}
