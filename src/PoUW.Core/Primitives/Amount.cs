using System.Globalization;
using System.Numerics;

namespace PoUW.Core.Primitives;

/// <summary>
/// A non-negative quantity of the native currency in base units (10^18 base units are one coin). Arithmetic is checked:
/// a result below zero or above 2^128-1 throws <see cref="OverflowException"/>, so code that handles untrusted sums uses
/// <see cref="TryAdd"/> and <see cref="TrySubtract"/>.
/// </summary>
public readonly record struct Amount(UInt128 BaseUnits) : IComparable<Amount>
{
    /// <summary>Decimals of a coin that one base unit fills.</summary>
    public const int MaxDecimals = 18;

    /// <summary>Base units in one coin.</summary>
    public static readonly UInt128 BaseUnitsPerCoin = 1_000_000_000_000_000_000;

    /// <summary>Nothing.</summary>
    public static Amount Zero => default;

    /// <summary>A whole number of coins.</summary>
    public static Amount FromCoins(ulong coins) => new(checked(coins * BaseUnitsPerCoin));

    /// <summary>A number of base units.</summary>
    public static Amount FromBaseUnits(ulong units) => new(units);

    /// <summary>
    /// Reads a number of coins exactly: digits without a needless leading zero, then optionally a point and 1 to 18 decimals, as in "12.5".
    /// No sign, space, exponent or digit group; what <see cref="ToString"/> writes reads back equal.
    /// </summary>
    /// <returns>False if the text is anything else, or more than 2^128-1 base units.</returns>
    public static bool TryParse(string? text, out Amount amount)
    {
        amount = default;
        ReadOnlySpan<char> whole = text;
        ReadOnlySpan<char> decimals = [];
        if (whole.IndexOf('.') is int point && point >= 0)
        {
            decimals = whole[(point + 1)..];
            whole = whole[..point];
            if (decimals.Length is 0 or > MaxDecimals)
            {
                return false;
            }
        }

        bool canonical = whole.Length > 0 && (whole.Length == 1 || whole[0] != '0');
        if (!canonical || !TryReadDigits(whole, out UInt128 coins) || !TryReadDigits(decimals, out UInt128 rest))
        {
            return false;
        }

        for (int i = decimals.Length; i < MaxDecimals; i++)
        {
            rest *= 10;
        }

        if (coins > UInt128.MaxValue / BaseUnitsPerCoin || !new Amount(coins * BaseUnitsPerCoin).TryAdd(new Amount(rest), out Amount sum))
        {
            return false;
        }

        amount = sum;
        return true;
    }

    /// <summary>Adds without throwing.</summary>
    /// <returns>False on overflow.</returns>
    public bool TryAdd(Amount other, out Amount sum)
    {
        UInt128 raw = unchecked(BaseUnits + other.BaseUnits);
        sum = new Amount(raw);
        return raw >= BaseUnits;
    }

    /// <summary>Subtracts without throwing.</summary>
    /// <returns>False if <paramref name="other"/> is larger.</returns>
    public bool TrySubtract(Amount other, out Amount difference)
    {
        bool enough = other.BaseUnits <= BaseUnits;
        difference = enough ? new Amount(BaseUnits - other.BaseUnits) : default;
        return enough;
    }

    /// <summary>Multiplies by numerator/denominator, rounding down; exact in between.</summary>
    public Amount Scale(ulong numerator, ulong denominator)
    {
        BigInteger scaled = (BigInteger)BaseUnits * numerator / denominator;
        return new Amount(checked((UInt128)scaled));
    }

    /// <inheritdoc/>
    public int CompareTo(Amount other) => BaseUnits.CompareTo(other.BaseUnits);

    /// <summary>The value in coins with the decimals that are needed, such as "12.5".</summary>
    public override string ToString()
    {
        (UInt128 coins, UInt128 rest) = UInt128.DivRem(BaseUnits, BaseUnitsPerCoin);
        string whole = coins.ToString(CultureInfo.InvariantCulture);
        if (rest == 0)
        {
            return whole;
        }

        string decimals = rest.ToString("D18", CultureInfo.InvariantCulture).TrimEnd('0');
        return $"{whole}.{decimals}";
    }

    /// <summary>Checked sum.</summary>
    public static Amount operator +(Amount left, Amount right) => new(checked(left.BaseUnits + right.BaseUnits));

    /// <summary>Checked difference.</summary>
    public static Amount operator -(Amount left, Amount right) => new(checked(left.BaseUnits - right.BaseUnits));

    /// <summary>Checked product with a count.</summary>
    public static Amount operator *(Amount left, ulong count) => new(checked(left.BaseUnits * count));

    /// <summary>Numeric order.</summary>
    public static bool operator <(Amount left, Amount right) => left.BaseUnits < right.BaseUnits;

    /// <summary>Numeric order.</summary>
    public static bool operator >(Amount left, Amount right) => left.BaseUnits > right.BaseUnits;

    /// <summary>Numeric order.</summary>
    public static bool operator <=(Amount left, Amount right) => left.BaseUnits <= right.BaseUnits;

    /// <summary>Numeric order.</summary>
    public static bool operator >=(Amount left, Amount right) => left.BaseUnits >= right.BaseUnits;

    // The base class library's parser would also take digits followed by null characters.
    private static bool TryReadDigits(ReadOnlySpan<char> digits, out UInt128 value)
    {
        value = 0;
        foreach (char digit in digits)
        {
            if (!char.IsAsciiDigit(digit) || value > (UInt128.MaxValue - 9) / 10)
            {
                return false;
            }

            value = (value * 10) + (UInt128)(digit - '0');
        }

        return true;
    }
}
