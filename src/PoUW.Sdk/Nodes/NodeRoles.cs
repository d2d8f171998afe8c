namespace PoUW.Sdk.Nodes;

/// <summary>What a node does besides validating every block, which all nodes do.</summary>
[Flags]
public enum NodeRoles
{
    /// <summary>Validates and relays.</summary>
    Validator = 0,

    /// <summary>Takes leases, trains, and mines with its products.</summary>
    Worker = 1,

    /// <summary>Submits jobs and serves their programs and data.</summary>
    Client = 2,
}
