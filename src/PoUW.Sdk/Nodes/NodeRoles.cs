namespace PoUW.Sdk.Nodes;

/// <summary>What a node does besides validating every block, which all nodes do.</summary>
[Flags]
public enum NodeRoles
{
    /// <summary>Validates and relays.</summary>
    None = 0,

    /// <summary>Takes leases, trains, and mines with its products.</summary>
    Worker = 1,

    /// <summary>Submits jobs and serves their programs and data.</summary>
    Client = 2,

    /// <summary>Audits the units that it is drawn for and votes for checkpoints. Needs stake.</summary>
    Validator = 4,
}
