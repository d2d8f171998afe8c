using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using PoUW.Core.Hashing;
using PoUW.Core.Primitives;

namespace PoUW.Core.Cryptography;

/// <summary>
/// The curve's constants (SEC 2, version 2.0, section 2.4.1) and the handling of public points. Everything here works on public data
/// only; private keys never leave the platform's implementation.
/// </summary>
internal static class Secp256k1Point
{
    internal const int CompressedSize = 33;

    /// <summary>Bytes of x and y.</summary>
    internal const int UncompressedSize = 64;

    internal static readonly BigInteger Order = Parse("00FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141");

    private static readonly byte[] OrderInBytes = Write(Order);

    private static readonly BigInteger Prime = Parse("00FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F");

    private static readonly BigInteger SquareRootExponent = (Prime + 1) >> 2;

    internal static ReadOnlySpan<byte> OrderBytes => OrderInBytes;

    internal static ECCurve Curve => ECCurve.CreateFromValue("1.3.132.0.10");

    /// <summary>Recovers y from x and its parity (SEC 1, section 2.3.4). False if the bytes are not a point of the curve.</summary>
    internal static bool TryDecompress(ReadOnlySpan<byte> compressed, out ECPoint point)
    {
        point = default;
        if (compressed.Length != CompressedSize || compressed[0] is not (2 or 3))
        {
            return false;
        }

        BigInteger x = Read(compressed[1..]);
        if (x >= Prime)
        {
            return false;
        }

        BigInteger square = ((x * x * x) + 7) % Prime;
        BigInteger y = BigInteger.ModPow(square, SquareRootExponent, Prime);
        if (y * y % Prime != square)
        {
            return false;
        }

        // The curve has no point with y = 0, so the other root always has the other parity.
        y = y.IsEven == (compressed[0] == 2) ? y : Prime - y;
        point = new ECPoint { X = compressed[1..].ToArray(), Y = Write(y) };
        return true;
    }

    internal static byte[] Compress(ECPoint point)
    {
        byte[] compressed = new byte[CompressedSize];
        Compress([.. point.X!, .. point.Y!], compressed);
        return compressed;
    }

    /// <summary>Writes the compressed form of x and y.</summary>
    internal static void Compress(ReadOnlySpan<byte> point, Span<byte> compressed)
    {
        compressed[0] = (byte)(2 + (point[UncompressedSize - 1] & 1));
        point[..32].CopyTo(compressed[1..]);
    }

    internal static Address ToAddress(ECPoint point)
    {
        Span<byte> joined = stackalloc byte[UncompressedSize];
        point.X.CopyTo(joined);
        point.Y.CopyTo(joined[32..]);
        return ToAddress(joined);
    }

    /// <summary>The address of x and y.</summary>
    internal static Address ToAddress(ReadOnlySpan<byte> point)
    {
        Span<byte> digest = stackalloc byte[Hash256.Size];
        Keccak256.HashData(point).CopyTo(digest);
        return new Address(digest[12..]);
    }

    internal static BigInteger Read(ReadOnlySpan<byte> bigEndian) => new(bigEndian, isUnsigned: true, isBigEndian: true);

    internal static byte[] Write(BigInteger value)
    {
        byte[] bytes = new byte[32];
        int length = value.GetByteCount(isUnsigned: true);
        value.TryWriteBytes(bytes.AsSpan(32 - length), out _, isUnsigned: true, isBigEndian: true);
        return bytes;
    }

    private static BigInteger Parse(string hex) => BigInteger.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
