namespace PoUW.Compute.StateDicts;

/// <summary>Limits of the reader.</summary>
public sealed record SafetensorLimits
{
    /// <summary>The default limits; the header limit is that of the format.</summary>
    public static SafetensorLimits Default { get; } = new();

    /// <summary>Bytes of the JSON header.</summary>
    public int MaxHeaderBytes { get; init; } = 100_000_000;

    /// <summary>Tensors of a file.</summary>
    public int MaxTensors { get; init; } = 100_000;

    /// <summary>Dimensions of a tensor.</summary>
    public int MaxRank { get; init; } = 16;
}
