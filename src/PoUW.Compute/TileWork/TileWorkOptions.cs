namespace PoUW.Compute.TileWork;

/// <summary>How a backend mines.</summary>
public sealed record TileWorkOptions
{
    /// <summary>The kernel.</summary>
    public TileKernelKind Kernel { get; init; } = TileKernelKind.Auto;

    /// <summary>Threads that share a product, the caller's included. They change no ticket.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>
    /// Bytes that may be spent on operands and their commitments, kept for a later product of the same tensor. Zero keeps none.
    /// </summary>
    public long CommitmentBytes { get; init; } = 128L << 20;
}
