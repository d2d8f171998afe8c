using System.Globalization;
using PoUW.Vm.Operations;

namespace PoUW.Vm.Text;

/// <summary>Immediates in assembly text: integers in decimal, fp32 numbers by their bits in hexadecimal, so that no digit is lost.</summary>
internal static class ImmediateText
{
    private const string HexPrefix = "0x";

    public static string Write(ImmediateSpec spec, int value) => spec.IsFloat
        ? HexPrefix + unchecked((uint)value).ToString("X8", CultureInfo.InvariantCulture)
        : value.ToString(CultureInfo.InvariantCulture);

    public static bool TryRead(ImmediateSpec spec, string word, out int value)
    {
        if (!spec.IsFloat)
        {
            return int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        }

        uint bits = 0;
        bool valid = word.StartsWith(HexPrefix, StringComparison.Ordinal)
            && uint.TryParse(word.AsSpan(HexPrefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bits);
        value = unchecked((int)bits);
        return valid;
    }
}
