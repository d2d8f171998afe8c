using System.Numerics;
using PoUW.Core.Validation;

namespace PoUW.Core.Work;

/// <summary>
/// The compact form of a target ("bits"): the top byte is the length in bytes, the low 23 bits are the leading digits, bit 23 is a sign
/// that must be clear. Source: the nBits field of Bitcoin. Only canonical, positive values below 2^256 decode.
/// </summary>
public static class CompactTarget
{
    private const uint SignBit = 0x0080_0000;

    /// <summary>Encodes, dropping the digits that do not fit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The target is not in [1, 2^256).</exception>
    public static uint Encode(BigInteger target)
    {
        if (target.Sign <= 0 || target >= WorkTarget.TicketSpace)
        {
            throw new ArgumentOutOfRangeException(nameof(target), target, "A target lies in [1, 2^256).");
        }

        int length = target.GetByteCount(isUnsigned: true);
        uint digits = (uint)(length <= 3 ? target << (8 * (3 - length)) : target >> (8 * (length - 3)));
        if ((digits & SignBit) != 0)
        {
            digits >>= 8;
            length++;
        }

        return ((uint)length << 24) | digits;
    }

    /// <summary>Decodes.</summary>
    /// <returns>False for zero, negative, too large or non-canonical values.</returns>
    public static bool TryDecode(uint bits, out BigInteger target)
    {
        int length = (int)(bits >> 24);
        uint digits = bits & (SignBit - 1);
        target = length <= 3 ? new BigInteger(digits >> (8 * (3 - length))) : new BigInteger(digits) << (8 * (length - 3));
        if ((bits & SignBit) == 0 && !target.IsZero && target < WorkTarget.TicketSpace && Encode(target) == bits)
        {
            return true;
        }

        target = BigInteger.Zero;
        return false;
    }

    /// <summary>Decodes the bits of a header and compares them with the easiest target allowed.</summary>
    public static ValidationResult Validate(uint bits, BigInteger powLimit, out BigInteger target)
    {
        if (!TryDecode(bits, out target))
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "Bits", $"0x{bits:x8} is not a canonical compact target.");
        }

        return target <= powLimit
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.OutOfRange, "Bits", $"0x{bits:x8} is easier than the network allows.");
    }
}
