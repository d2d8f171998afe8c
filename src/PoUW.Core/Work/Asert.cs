using System.Numerics;
using PoUW.Core.Parameters;

namespace PoUW.Core.Work;

/// <summary>
/// The difficulty rule: absolutely scheduled exponentially rising targets with an integer cubic approximation of 2^x. Source: the
/// specification aserti3-2d of Bitcoin Cash; times are milliseconds here, which scales out of the formula. Immutable and thread-safe.
/// </summary>
public sealed class Asert
{
    private const int RadixBits = 16;
    private readonly BigInteger _anchorHeight;
    private readonly BigInteger _anchorParentTime;
    private readonly BigInteger _anchorTarget;
    private readonly BigInteger _blockTime;
    private readonly BigInteger _halfLife;
    private readonly BigInteger _powLimit;

    /// <summary>Fixes the schedule.</summary>
    /// <param name="anchorHeight">Height of the anchor block.</param>
    /// <param name="anchorParentTimeMilliseconds">Time of the anchor's parent; for a genesis anchor, its own time less one block time.</param>
    /// <param name="anchorBits">Compact target of the anchor.</param>
    /// <param name="blockTimeMilliseconds">Ideal time between blocks.</param>
    /// <param name="halfLifeMilliseconds">Schedule error that doubles or halves the target.</param>
    /// <param name="powLimit">Easiest target.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bits do not decode, or a time is zero.</exception>
    public Asert(
        ulong anchorHeight,
        long anchorParentTimeMilliseconds,
        uint anchorBits,
        ulong blockTimeMilliseconds,
        ulong halfLifeMilliseconds,
        BigInteger powLimit)
    {
        ArgumentOutOfRangeException.ThrowIfZero(blockTimeMilliseconds);
        ArgumentOutOfRangeException.ThrowIfZero(halfLifeMilliseconds);
        if (!CompactTarget.TryDecode(anchorBits, out _anchorTarget))
        {
            throw new ArgumentOutOfRangeException(nameof(anchorBits), anchorBits, "Not a compact target.");
        }

        _anchorHeight = anchorHeight;
        _anchorParentTime = anchorParentTimeMilliseconds;
        _blockTime = blockTimeMilliseconds;
        _halfLife = halfLifeMilliseconds;
        _powLimit = powLimit;
    }

    /// <summary>The schedule of a network whose anchor is its genesis block.</summary>
    public static Asert ForNetwork(NetworkParameters parameters, BigInteger powLimit) => new(
        0,
        checked((long)parameters.GenesisTimeMilliseconds - (long)parameters.BlockTimeMilliseconds),
        CompactTarget.Encode(WorkTarget.FromTicketsPerBlock(parameters.GenesisTicketsPerBlock, powLimit)),
        parameters.BlockTimeMilliseconds,
        checked(parameters.BlockTimeMilliseconds * parameters.AsertHalfLifeBlocks),
        powLimit);

    /// <summary>Compact target of the block after the one at <paramref name="parentHeight"/>.</summary>
    /// <param name="parentHeight">Height of the parent.</param>
    /// <param name="parentTimeMilliseconds">Time of the parent.</param>
    public uint NextBits(ulong parentHeight, ulong parentTimeMilliseconds)
    {
        BigInteger ideal = _blockTime * (parentHeight - _anchorHeight + 1);
        BigInteger error = parentTimeMilliseconds - _anchorParentTime - ideal;

        // Truncated division and a floor shift, in this order, as in the specification.
        BigInteger exponent = BigInteger.Divide(error << RadixBits, _halfLife);
        BigInteger shifts = exponent >> RadixBits;
        if (BigInteger.Abs(shifts) > 512)
        {
            return CompactTarget.Encode(shifts.Sign > 0 ? _powLimit : BigInteger.One);
        }

        BigInteger scaled = _anchorTarget * Factor((ulong)(exponent - (shifts << RadixBits)));
        int shift = (int)shifts - RadixBits;
        BigInteger target = shift < 0 ? scaled >> -shift : scaled << shift;
        return CompactTarget.Encode(BigInteger.Clamp(target, BigInteger.One, _powLimit));
    }

    // 2^16 * 2^(fraction / 2^16); the largest sum is just below 2^64.
    private static ulong Factor(ulong fraction) =>
        65536 + (((195_766_423_245_049UL * fraction)
            + (971_821_376UL * fraction * fraction)
            + (5_127UL * fraction * fraction * fraction)
            + (1UL << 47)) >> 48);
}
