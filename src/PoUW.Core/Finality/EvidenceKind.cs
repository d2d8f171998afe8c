namespace PoUW.Core.Finality;

/// <summary>What evidence proves. Values are part of payloads.</summary>
public enum EvidenceKind : byte
{
    /// <summary>Two votes of one account that it may not both sign.</summary>
    Votes = 1,

    /// <summary>Two blocks of one producer on one parent.</summary>
    Blocks = 2,
}
