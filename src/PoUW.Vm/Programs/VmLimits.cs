namespace PoUW.Vm.Programs;

/// <summary>Every limit of the machine. Decoders check sizes against it before they allocate.</summary>
public sealed record VmLimits
{
    /// <summary>The limits that the network uses unless its parameters say otherwise.</summary>
    public static VmLimits Default { get; } = new();

    /// <summary>Bytes of an encoded program.</summary>
    public int MaxProgramBytes { get; init; } = 1 << 20;

    /// <summary>Bytes of code.</summary>
    public int MaxCodeBytes { get; init; } = 1 << 18;

    /// <summary>Slots of a program.</summary>
    public int MaxSlots { get; init; } = 1024;

    /// <summary>Bytes of one slot.</summary>
    public long MaxSlotBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of all slots together.</summary>
    public long MaxMemoryBytes { get; init; } = 4L << 30;

    /// <summary>Bytes of linear memory.</summary>
    public int MaxLinearMemoryBytes { get; init; } = 1 << 26;

    /// <summary>Entries of the constant table.</summary>
    public int MaxConstants { get; init; } = 4096;

    /// <summary>Entry points of a program.</summary>
    public int MaxEntryPoints { get; init; } = 64;

    /// <summary>Checkpoint names of a program.</summary>
    public int MaxCheckpoints { get; init; } = 256;

    /// <summary>Bytes of a name.</summary>
    public int MaxNameBytes { get; init; } = 64;

    /// <summary>Values on the stack.</summary>
    public int MaxStackDepth { get; init; } = 1024;

    /// <summary>
    /// Gas of one instruction. A tensor instruction runs to its end before cancellation or a time budget is looked at, so this bounds how
    /// long a host waits: the default is about a minute on the machine of docs/gas.md.
    /// </summary>
    public long MaxInstructionGas { get; init; } = 60_000_000_000;

    /// <summary>Nested calls.</summary>
    public int MaxCallDepth { get; init; } = 256;

    /// <summary>Values that one run may emit.</summary>
    public int MaxOutputs { get; init; } = 1 << 20;

    /// <summary>Records of one trace. A longer run is executed all the same, but has no trace.</summary>
    public int MaxTraceRecords { get; init; } = 1 << 16;
}
