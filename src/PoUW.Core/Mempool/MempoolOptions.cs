using PoUW.Core.Transactions;

namespace PoUW.Core.Mempool;

/// <summary>Limits of a pool. They are this node's own choice: no block is judged by them.</summary>
public sealed record MempoolOptions
{
    /// <summary>The node's name, the tag "node" of the pool's measurements.</summary>
    public string Node { get; init; } = "node";

    /// <summary>Most transactions at once.</summary>
    public int MaxCount { get; init; } = 10_000;

    /// <summary>Most bytes of memory at once, counted by <see cref="TransactionPool.SizeOf"/>: what a transaction takes with all that the pool keeps about it.</summary>
    public long MaxBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Most transactions of one sender.</summary>
    public int MaxSenderCount { get; init; } = 64;

    /// <summary>Most bytes of one sender, counted as for <see cref="MaxBytes"/>.</summary>
    public long MaxSenderBytes { get; init; } = 2L * 1024 * 1024;

    /// <summary>How far ahead of its account a nonce may be. Once the pool is half full, none behind a gap is admitted.</summary>
    public ulong MaxNonceGap { get; init; } = 64;

    /// <summary>Largest encoded transaction that the pool takes.</summary>
    public int MaxTransactionBytes { get; init; } = Transaction.MaxEncodedBytes;

    /// <summary>The least tip in base units a unit of gas.</summary>
    public ulong MinTipPerGas { get; init; }

    /// <summary>How many per cent more a unit of gas (base fee and tip) a replacement must offer.</summary>
    public int ReplacementPercent { get; init; } = 10;

    /// <summary>How many blocks after the next one a transaction must still be valid for, so that it can travel and be mined.</summary>
    public ulong MinBlocksToExpiry { get; init; }

    /// <summary>
    /// How long senders that a block did not concern are rechecked after it, in turn; at least one a block is. Whatever was not
    /// rechecked is checked when it is selected for a block.
    /// </summary>
    public TimeSpan RecheckBudget { get; init; } = new(20 * TimeSpan.TicksPerMillisecond);

    /// <summary>The clock that the budget is measured with.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Rules of the host. They run after the pool's own rules of their stage, in this order.</summary>
    public IReadOnlyList<IAdmissionRule> Rules { get; init; } = [];

    /// <exception cref="ArgumentOutOfRangeException">A limit makes no sense.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSenderCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSenderBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxNonceGap, 1UL);
        ArgumentOutOfRangeException.ThrowIfNegative(ReplacementPercent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ReplacementPercent, 1_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(RecheckBudget, TimeSpan.Zero);
    }
}
