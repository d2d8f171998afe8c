namespace PoUW.Core.Chain;

/// <summary>How far a known block got. The values are stored.</summary>
internal enum BlockStatus : byte
{
    /// <summary>Header, certificate and form are valid; the block was not executed, because it is on a lighter chain.</summary>
    Stored = 0,

    /// <summary>Executed with the roots that its header claims; its state is readable.</summary>
    Executed = 1,

    /// <summary>Execution failed, or an ancestor's did.</summary>
    Invalid = 2,
}
