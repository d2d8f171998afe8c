namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>Limits of the reader; checked before anything is allocated.</summary>
public sealed record PyTorchLimits
{
    /// <summary>The default limits.</summary>
    public static PyTorchLimits Default { get; } = new();

    /// <summary>Bytes of a file; a file that is read into memory never has more than 2 GiB.</summary>
    public long MaxFileBytes { get; init; } = int.MaxValue;

    /// <summary>Entries of the archive.</summary>
    public int MaxEntries { get; init; } = 1_000_000;

    /// <summary>Instructions of a pickle.</summary>
    public int MaxOpcodes { get; init; } = 10_000_000;

    /// <summary>Values that a pickle refers to again.</summary>
    public int MaxMemo { get; init; } = 1_000_000;

    /// <summary>Containers within containers.</summary>
    public int MaxDepth { get; init; } = 64;

    /// <summary>Values of the tree, a value counted each time it is referred to.</summary>
    public int MaxValues { get; init; } = 1_000_000;

    /// <summary>UTF-8 bytes of a text.</summary>
    public int MaxTextBytes { get; init; } = 1 << 16;

    /// <summary>Dimensions of a tensor.</summary>
    public int MaxRank { get; init; } = 32;

    /// <summary>Bytes that reading may allocate for each byte of the file. A contiguous tensor is a part of the file and costs nothing.</summary>
    public double AllocationFactor { get; init; } = 2;

    /// <summary>Bytes that reading may allocate beside that.</summary>
    public int AllocationSlackBytes { get; init; } = 1 << 18;
}
