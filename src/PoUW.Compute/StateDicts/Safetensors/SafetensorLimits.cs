namespace PoUW.Compute.StateDicts.Safetensors;

/// <summary>Limits of the reader; checked before anything is allocated.</summary>
public sealed record SafetensorLimits
{
    /// <summary>The default limits; the header limit is that of the format.</summary>
    public static SafetensorLimits Default { get; } = new();

    /// <summary>Bytes of a file; a file that is read into memory never has more than 2 GiB.</summary>
    public long MaxFileBytes { get; init; } = int.MaxValue;

    /// <summary>Bytes of the JSON header.</summary>
    public int MaxHeaderBytes { get; init; } = 100_000_000;

    /// <summary>Tensors of a file.</summary>
    public int MaxTensors { get; init; } = 100_000;

    /// <summary>Dimensions of a tensor.</summary>
    public int MaxRank { get; init; } = 16;

    /// <summary>Bytes of the index of a sharded model.</summary>
    public int MaxIndexBytes { get; init; } = 1 << 24;

    /// <summary>Files of a sharded model.</summary>
    public int MaxShards { get; init; } = 1024;

    /// <summary>Bytes that reading may allocate for each byte of the file; tensors are parts of the file and cost nothing.</summary>
    public double AllocationFactor { get; init; } = 2;

    /// <summary>Bytes that reading may allocate beside that.</summary>
    public int AllocationSlackBytes { get; init; } = 1 << 18;
}
