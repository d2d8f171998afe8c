using System.Formats.Asn1;
using System.Numerics;
using PoUW.Core.Cryptography;

namespace PoUW.Network.Identity;

/// <summary>
/// Signatures over secp256k1 between their two forms: r and s of 32 bytes each, as the ledger has them, and SEQUENCE { r, s } in DER, as libp2p
/// has them (BIP 66).
/// </summary>
internal static class EcdsaDer
{
    /// <summary>The longest encoding: two integers of 33 bytes.</summary>
    public const int MaxBytes = 72;

    private const int ScalarBytes = Secp256k1Scheme.SignatureSize / 2;
    private const byte SequenceTag = 0x30;
    private const byte IntegerTag = 0x02;

    // SEC 2, section 2.4.1.
    private static readonly BigInteger Order = new(
        [
            0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
            0xBA, 0xAE, 0xDC, 0xE6, 0xAF, 0x48, 0xA0, 0x3B, 0xBF, 0xD2, 0x5E, 0x8C, 0xD0, 0x36, 0x41, 0x41,
        ],
        isUnsigned: true,
        isBigEndian: true);

    public static byte[] Encode(ReadOnlySpan<byte> compact)
    {
        Span<byte> body = stackalloc byte[MaxBytes];
        int length = WriteInteger(body, compact[..ScalarBytes]);
        length += WriteInteger(body[length..], compact[ScalarBytes..]);
        return [SequenceTag, (byte)length, .. body[..length]];
    }

    /// <summary>
    /// Reads r and s, and takes the lower of the two values of s that are valid together: who has one has the other, and the scheme of the
    /// ledger verifies the lower one only.
    /// </summary>
    /// <returns>False if it is not DER, or a number is not between 1 and the order minus 1.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> der, Span<byte> compact)
    {
        if (der.Length > MaxBytes || !TryReadIntegers(der, out BigInteger r, out BigInteger s))
        {
            return false;
        }

        s = s > Order / 2 ? Order - s : s;
        return TryWrite(r, compact[..ScalarBytes]) && TryWrite(s, compact[ScalarBytes..]);
    }

    private static bool TryReadIntegers(ReadOnlySpan<byte> der, out BigInteger r, out BigInteger s)
    {
        (r, s) = (default, default);
        try
        {
            AsnDecoder.ReadSequence(der, AsnEncodingRules.DER, out int offset, out int length, out int consumed);
            ReadOnlySpan<byte> body = der.Slice(offset, length);
            r = AsnDecoder.ReadInteger(body, AsnEncodingRules.DER, out int first);
            s = AsnDecoder.ReadInteger(body[first..], AsnEncodingRules.DER, out int second);
            return consumed == der.Length && first + second == length && InRange(r) && InRange(s);
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool InRange(BigInteger number) => number > 0 && number < Order;

    private static bool TryWrite(BigInteger number, Span<byte> destination)
    {
        destination.Clear();
        int length = number.GetByteCount(isUnsigned: true);
        return number.TryWriteBytes(destination[(ScalarBytes - length)..], out _, isUnsigned: true, isBigEndian: true);
    }

    private static int WriteInteger(Span<byte> destination, ReadOnlySpan<byte> number)
    {
        number = number.TrimStart((byte)0);
        bool needsZero = number.IsEmpty || number[0] >= 0x80;
        int length = number.Length + (needsZero ? 1 : 0);
        destination[0] = IntegerTag;
        destination[1] = (byte)length;
        destination[2] = 0;
        number.CopyTo(destination[(2 + length - number.Length)..]);
        return 2 + length;
    }
}
