using System.Numerics;
using PoUW.Core.Primitives;

namespace PoUW.Core.Work;

/// <summary>
/// Arithmetic of targets. A target is per multiply-accumulate: a ticket of n MACs wins if it is at most target * n, so 2^256 / target is
/// the expected number of MACs a block.
/// </summary>
public static class WorkTarget
{
    /// <summary>2^256, one more than the largest ticket.</summary>
    public static BigInteger TicketSpace { get; } = BigInteger.One << 256;

    /// <summary>The easiest target that networks use unless they say otherwise: 2^232 - 1, one ticket in 16 wins.</summary>
    public static BigInteger DefaultPowLimit { get; } = (BigInteger.One << 232) - 1;

    /// <summary>Target at which one in <paramref name="ticketsPerBlock"/> full tickets wins, but at most <paramref name="powLimit"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No tickets are expected.</exception>
    public static BigInteger FromTicketsPerBlock(ulong ticketsPerBlock, BigInteger powLimit)
    {
        ArgumentOutOfRangeException.ThrowIfZero(ticketsPerBlock);
        BigInteger target = TicketSpace / (ticketsPerBlock * new BigInteger(TileWorkParameters.UnitMacs));
        return BigInteger.Min(target, powLimit);
    }

    /// <summary>Work that a block of a target adds to its chain: 2^256 / (target + 1), in MACs.</summary>
    public static BigInteger ChainWork(BigInteger target) => TicketSpace / (target + 1);

    /// <summary>The largest winning ticket of a work unit.</summary>
    /// <param name="target">Target per MAC.</param>
    /// <param name="macs">MACs of the unit.</param>
    /// <param name="threshold">target * macs, to be compared as a big-endian number.</param>
    /// <returns>False if the target is not positive or the product does not fit 256 bits.</returns>
    public static bool TryThreshold(BigInteger target, long macs, out Hash256 threshold)
    {
        threshold = default;
        BigInteger limit = target * macs;
        if (target.Sign <= 0 || limit >= TicketSpace)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[Hash256.Size];
        bytes.Clear();
        limit.TryWriteBytes(bytes[(Hash256.Size - limit.GetByteCount(isUnsigned: true))..], out _, isUnsigned: true, isBigEndian: true);
        threshold = new Hash256(bytes);
        return true;
    }
}
