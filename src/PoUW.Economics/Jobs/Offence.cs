namespace PoUW.Economics.Jobs;

/// <summary>What an account was convicted of. Values are part of the state encoding.</summary>
public enum Offence : byte
{
    /// <summary>
    /// A worker committed another record than the one that its unit gives, or won blocks with other operands than those of the operations that
    /// it claimed. Auditors agree on one digest of both, so the state does not tell which.
    /// </summary>
    FalseRecord = 1,

    /// <summary>A worker committed a right record, but the state that it names cannot be had.</summary>
    WithheldState = 2,

    /// <summary>An auditor named another digest than the majority.</summary>
    FalseVerdict = 3,

    /// <summary>A worker of lane T committed a state that is outside the bounds around the replays of most of its auditors: evidence, no proof.</summary>
    OutOfBounds = 4,
}
