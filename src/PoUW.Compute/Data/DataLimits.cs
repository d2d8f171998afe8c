namespace PoUW.Compute.Data;

/// <summary>Limits of data sets; checked before anything is allocated.</summary>
public sealed record DataLimits
{
    /// <summary>The default limits.</summary>
    public static DataLimits Default { get; } = new();

    /// <summary>Bytes of a decompressed file or an encoded data set.</summary>
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Samples of a data set.</summary>
    public int MaxSamples { get; init; } = 1 << 24;

    /// <summary>Pixels of an image.</summary>
    public int MaxPixels { get; init; } = 1 << 16;
}
