using System.Numerics;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Economics.TileWork;

/// <summary>
/// What a lease burns and what a win earns. With S' the bonus share of the subsidy, N the lease's padded MACs and beta the burn factor, a lease
/// burns beta * S' * N * target / 2^256 at the target of its grant, and a win earns at most S' and at most burn / N / beta times the MACs that
/// a win takes at its own target. So the bonus that a MAC can expect is at most what was burned for it over beta, however the target moves in
/// between; settled by an average of targets it would be several times that while the target rises. Exact integers, burns rounded
/// up and bonuses down. Pure functions.
/// </summary>
public static class WorkPricing
{
    /// <summary>Rows and columns that a product needs to earn a bonus: below, junk is much cheaper to draw on than honest work.</summary>
    public const int MinBonusOuter = 256;

    /// <summary>True inner dimension that a product needs to earn a bonus.</summary>
    public const int MinBonusInner = 512;

    private const ulong BasisPoints = 10_000;

    /// <summary>True if a win on a product of this shape can earn a bonus.</summary>
    public static bool EarnsBonus(in TileWorkShape shape) =>
        shape.M >= MinBonusOuter && shape.N >= MinBonusOuter && shape.K >= MinBonusInner;

    /// <summary>What a lease burns to be activated.</summary>
    /// <param name="parameters">The network.</param>
    /// <param name="macs">Padded MACs of the lease.</param>
    /// <param name="target">Target per MAC of the block that grants it.</param>
    /// <returns>The amount, rounded up; null if it is more than can exist.</returns>
    public static Amount? BurnOf(NetworkParameters parameters, ulong macs, BigInteger target)
    {
        BigInteger share = SubsidySplit.BonusShare(parameters).BaseUnits;
        BigInteger numerator = share * parameters.LeaseBurnBasisPoints * macs * target;
        BigInteger denominator = BasisPoints * WorkTarget.TicketSpace;
        BigInteger burn = (numerator + denominator - 1) / denominator;
        return burn <= UInt128.MaxValue ? new Amount((UInt128)burn) : null;
    }

    /// <summary>What a win of a paid lease earns.</summary>
    /// <param name="parameters">The network.</param>
    /// <param name="burn">What the lease burned.</param>
    /// <param name="macs">Padded MACs of the lease, at least 1.</param>
    /// <param name="target">Target per MAC of the block that was won.</param>
    /// <param name="shape">The operation.</param>
    public static Amount BonusOf(NetworkParameters parameters, Amount burn, ulong macs, BigInteger target, in TileWorkShape shape)
    {
        BigInteger share = SubsidySplit.BonusShare(parameters).BaseUnits;

        // The bonus before the share of true MACs is numerator / denominator; one division at the end rounds once.
        BigInteger numerator = (BigInteger)burn.BaseUnits * WorkTarget.TicketSpace * BasisPoints;
        BigInteger denominator = macs * target * parameters.LeaseBurnBasisPoints;
        return numerator < share * denominator ? Useful(numerator, denominator, shape) : Useful(share, BigInteger.One, shape);
    }

    /// <summary>What a win of the commons lane earns, below the cap of its epoch.</summary>
    public static Amount CommonsBonusOf(NetworkParameters parameters, in TileWorkShape shape) =>
        Useful(SubsidySplit.BonusShare(parameters).BaseUnits, BigInteger.One, shape);

    /// <summary>Wins of an epoch that earn a bonus in the commons lane.</summary>
    public static ulong CommonsWinsPerEpoch(NetworkParameters parameters) =>
        parameters.EpochBlocks * parameters.CommonsBonusBasisPoints / BasisPoints;

    // Only true MACs are useful: padding would otherwise be the cheapest job.
    private static Amount Useful(BigInteger numerator, BigInteger denominator, in TileWorkShape shape)
    {
        if (!EarnsBonus(shape))
        {
            return Amount.Zero;
        }

        BigInteger trueMacs = (BigInteger)shape.M * shape.N * shape.K;
        return new Amount((UInt128)(numerator * trueMacs / (denominator * shape.PaddedMacs)));
    }
}
