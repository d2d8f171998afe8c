using PoUW.Core.Primitives;

namespace PoUW.Core.Parameters;

/// <summary>How a block's subsidy divides: one share for every block, the other only for useful ones. The shares add up to the subsidy.</summary>
public static class SubsidySplit
{
    private const ulong BasisPoints = 10_000;

    /// <summary>What every block mints to its producer at once.</summary>
    public static Amount BaseShare(NetworkParameters parameters) => parameters.BlockSubsidy - BonusShare(parameters);

    /// <summary>The most that a bound ticket earns beyond it, once its unit is accepted; rounded down.</summary>
    public static Amount BonusShare(NetworkParameters parameters) => parameters.BlockSubsidy.Scale(parameters.BonusBasisPoints, BasisPoints);
}
