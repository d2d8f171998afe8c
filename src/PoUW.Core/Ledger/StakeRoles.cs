namespace PoUW.Core.Ledger;

/// <summary>What an account's stake vouches for. Values are part of the state and of payloads.</summary>
[Flags]
public enum StakeRoles : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Takes leases and trains.</summary>
    Worker = 1,

    /// <summary>Audits units and votes for checkpoints.</summary>
    Validator = 2,
}
