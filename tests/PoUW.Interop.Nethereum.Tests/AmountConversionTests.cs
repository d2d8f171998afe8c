using System.Globalization;
using System.Numerics;
using Nethereum.Util;
using PoUW.Core.Primitives;
using PoUW.Core.Tests;

namespace PoUW.Interop.Nethereum.Tests;

[TestFixture]
public sealed class AmountConversionTests
{
    [TestCase("0", "0")]
    [TestCase("0.000000000000000001", "1")]
    [TestCase("12.5", "12500000000000000000")]
    [TestCase("340282366920938463463.374607431768211455", "340282366920938463463374607431768211455")]
    public void Amounts_become_wei_and_back(string coins, string wei)
    {
        Assert.That(Amount.TryParse(coins, out Amount amount));
        BigInteger expected = BigInteger.Parse(wei, CultureInfo.InvariantCulture);

        Assert.That(amount.ToWei(), Is.EqualTo(expected));
        Assert.That(AmountConversions.TryFromWei(expected, out Amount back) && back == amount);
        Assert.That(UnitConversion.Convert.ToWei(amount.ToBigDecimal()), Is.EqualTo(expected));
        Assert.That(AmountConversions.TryFromUnit(amount.ToBigDecimal(), UnitConversion.EthUnit.Ether, out back) && back == amount);
    }

    [Test]
    public void What_does_not_fit_is_refused()
    {
        Assert.That(AmountConversions.TryFromWei(BigInteger.MinusOne, out _), Is.False);
        Assert.That(AmountConversions.TryFromWei((BigInteger)UInt128.MaxValue + 1, out _), Is.False);
        Assert.That(AmountConversions.TryFromUnit(-1m, UnitConversion.EthUnit.Gwei, out _), Is.False);
        Assert.That(AmountConversions.TryFromUnit(BigDecimal.Parse("1e30"), UnitConversion.EthUnit.Ether, out _), Is.False);
    }

    [Test]
    public void Parts_of_a_base_unit_are_refused_where_Nethereum_cuts_them_off()
    {
        BigDecimal half = BigDecimal.Parse("1.5");
        Assert.That(UnitConversion.Convert.ToWei(half, UnitConversion.EthUnit.Wei), Is.EqualTo(BigInteger.One));
        Assert.That(AmountConversions.TryFromUnit(half, UnitConversion.EthUnit.Wei, out _), Is.False);
        Assert.That(AmountConversions.TryFromUnit(half, UnitConversion.EthUnit.Kwei, out Amount amount) && amount == Amount.FromBaseUnits(1500));
    }

    [TestCase(UnitConversion.EthUnit.Wei, 0)]
    [TestCase(UnitConversion.EthUnit.Kwei, 3)]
    [TestCase(UnitConversion.EthUnit.Gwei, 9)]
    [TestCase(UnitConversion.EthUnit.Szabo, 12)]
    [TestCase(UnitConversion.EthUnit.Finney, 15)]
    [TestCase(UnitConversion.EthUnit.Ether, 18)]
    [TestCase(UnitConversion.EthUnit.Kether, 21)]
    public void Units_are_powers_of_ten(UnitConversion.EthUnit unit, int decimals)
    {
        Assert.That(AmountConversions.TryFromUnit(3, unit, out Amount amount));
        Assert.That(amount.ToWei(), Is.EqualTo(3 * BigInteger.Pow(10, decimals)));
    }

    [Test]
    public void Random_amounts_survive_the_way_there_and_back()
    {
        Fuzzer random = new(3, "amounts");
        for (int i = 0; i < 1000; i++)
        {
            UInt128 units = 0;
            for (int b = random.Next(17); b > 0; b--)
            {
                units = (units << 8) | (UInt128)random.Next(256);
            }

            Amount amount = new(units);
            Assert.That(AmountConversions.TryFromWei(amount.ToWei(), out Amount wei) && wei == amount);
            Assert.That(AmountConversions.TryFromUnit(amount.ToBigDecimal(), UnitConversion.EthUnit.Ether, out Amount ether) && ether == amount, $"{amount}");
        }
    }
}
