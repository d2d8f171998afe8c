namespace PoUW.Network.Gossip;

/// <summary>What became of a message.</summary>
internal enum MessageState
{
    /// <summary>The handler has it.</summary>
    Pending,

    /// <summary>Accepted, or published here.</summary>
    Valid,

    /// <summary>Rejected: whoever sends it is charged.</summary>
    Invalid,

    /// <summary>Dropped without anybody's fault.</summary>
    Ignored,
}
