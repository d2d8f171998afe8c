namespace PoUW.Core.Mempool;

/// <summary>Limits of a pool.</summary>
public sealed record MempoolOptions
{
    /// <summary>Most transactions at once.</summary>
    public int MaxCount { get; init; } = 10_000;

    /// <summary>Most bytes of encoded transactions at once.</summary>
    public long MaxBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>
    /// How far ahead of its account a nonce may be; also the most transactions of one sender. Once the pool is half full, none behind a gap
    /// is admitted.
    /// </summary>
    public ulong MaxNonceGap { get; init; } = 64;
}
