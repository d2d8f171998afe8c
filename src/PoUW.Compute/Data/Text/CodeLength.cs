namespace PoUW.Compute.Data.Text;

/// <summary>
/// Bits that a model needs for what it is shown: the binary logarithm of a product of probabilities. The product is kept as a number in
/// [1, 2) and an exponent, and one logarithm is taken at the end with + * / alone, since those of libraries differ between machines.
/// </summary>
internal struct CodeLength()
{
    private const int ExponentBias = 1023;
    private const int FractionBits = 52;
    private const long FractionMask = (1L << FractionBits) - 1;

    private double _fraction = 1;
    private long _exponent;

    /// <summary>Takes the probability of one more token; a normal number above 0.</summary>
    public void Add(double probability)
    {
        long bits = BitConverter.DoubleToInt64Bits(_fraction * probability);
        _exponent += (bits >> FractionBits) - ExponentBias;
        _fraction = BitConverter.Int64BitsToDouble((bits & FractionMask) | ((long)ExponentBias << FractionBits));
    }

    /// <summary>Bits of all tokens.</summary>
    public readonly double Bits => -(_exponent + Log2(_fraction));

    /// <summary>The logarithm of a number in [1, 2), digit by digit: squaring it doubles its logarithm.</summary>
    private static double Log2(double value)
    {
        double result = 0;
        for (double digit = 0.5; digit > 1.0 / (1L << FractionBits); digit /= 2)
        {
            value *= value;
            if (value >= 2)
            {
                value /= 2;
                result += digit;
            }
        }

        return result;
    }
}
