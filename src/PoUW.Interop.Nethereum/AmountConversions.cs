using System.Numerics;
using Nethereum.Util;
using PoUW.Core.Primitives;

namespace PoUW.Interop.Nethereum;

/// <summary>
/// Amounts: a base unit of the network corresponds to a wei and a coin to an ether, so both have 18 decimals; nothing says that they are worth the
/// same. Nethereum's amounts are unbounded and may be negative, ours end at 2^128-1. Exact; stateless, any thread.
/// </summary>
public static class AmountConversions
{
    /// <summary>The amount in wei.</summary>
    public static BigInteger ToWei(this Amount amount) => amount.BaseUnits;

    /// <summary>Takes an amount in wei.</summary>
    /// <returns>False if it is below zero or above 2^128-1.</returns>
    public static bool TryFromWei(BigInteger wei, out Amount amount)
    {
        bool fits = wei.Sign >= 0 && wei <= UInt128.MaxValue;
        amount = fits ? new Amount((UInt128)wei) : default;
        return fits;
    }

    /// <summary>The amount in coins as Nethereum's exact decimal number; its <c>decimal</c> would lose digits.</summary>
    public static BigDecimal ToBigDecimal(this Amount amount) => UnitConversion.Convert.FromWeiToBigDecimal(amount.ToWei());

    /// <summary>Takes a number of a unit, such as 12.5 gwei.</summary>
    /// <param name="value">The number.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="amount">The amount.</param>
    /// <returns>False if it is below zero, above 2^128-1 base units, or not a whole number of base units: Nethereum would cut the rest off.</returns>
    public static bool TryFromUnit(BigDecimal value, UnitConversion.EthUnit unit, out Amount amount)
    {
        amount = default;
        BigInteger wei = UnitConversion.Convert.ToWei(value, unit);
        return value == UnitConversion.Convert.FromWeiToBigDecimal(wei, unit) && TryFromWei(wei, out amount);
    }
}
