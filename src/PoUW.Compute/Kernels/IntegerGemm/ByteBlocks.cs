using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>Small transpositions of bytes in vector registers, from which the packers are made.</summary>
internal static unsafe class ByteBlocks
{
    /// <summary>Columns of a block, and rows of a square one.</summary>
    public const int Edge = 16;

    /// <summary>Bytes of a square block.</summary>
    public const int Bytes = Edge * Edge;

    /// <summary>
    /// Copies the part of a block that exists to a zeroed block of 16 columns, for blocks that reach past the memory of their matrix or
    /// must be zero beyond it.
    /// </summary>
    /// <param name="source">First byte of the block.</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="rows">Rows that exist, at most 16; may be zero or less.</param>
    /// <param name="columns">Columns that exist, at most 16.</param>
    /// <param name="block">256 bytes.</param>
    public static void Stage(sbyte* source, nint stride, int rows, int columns, sbyte* block)
    {
        new Span<sbyte>(block, Bytes).Clear();
        for (int row = 0; row < rows; row++)
        {
            new Span<sbyte>(source + (row * stride), columns).CopyTo(new Span<sbyte>(block + (row * Edge), columns));
        }
    }

    /// <summary>Turns 4 rows of 16 bytes into 16 ints, each holding the 4 bytes of a column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Interleave(ref Vector128<int> a, ref Vector128<int> b, ref Vector128<int> c, ref Vector128<int> d)
    {
        Vector128<short> ab0 = ZipLow(a.AsSByte(), b.AsSByte()).AsInt16();
        Vector128<short> ab1 = ZipHigh(a.AsSByte(), b.AsSByte()).AsInt16();
        Vector128<short> cd0 = ZipLow(c.AsSByte(), d.AsSByte()).AsInt16();
        Vector128<short> cd1 = ZipHigh(c.AsSByte(), d.AsSByte()).AsInt16();
        a = ZipLow(ab0, cd0).AsInt32();
        b = ZipHigh(ab0, cd0).AsInt32();
        c = ZipLow(ab1, cd1).AsInt32();
        d = ZipHigh(ab1, cd1).AsInt32();
    }

    /// <summary>Transposes 4 x 4 ints.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(ref Vector128<int> a, ref Vector128<int> b, ref Vector128<int> c, ref Vector128<int> d)
    {
        Vector128<long> ab0 = ZipLow(a, b).AsInt64();
        Vector128<long> ab1 = ZipHigh(a, b).AsInt64();
        Vector128<long> cd0 = ZipLow(c, d).AsInt64();
        Vector128<long> cd1 = ZipHigh(c, d).AsInt64();
        a = ZipLow(ab0, cd0).AsInt32();
        b = ZipHigh(ab0, cd0).AsInt32();
        c = ZipLow(ab1, cd1).AsInt32();
        d = ZipHigh(ab1, cd1).AsInt32();
    }

    private static Vector128<sbyte> ZipLow(Vector128<sbyte> left, Vector128<sbyte> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(left, right)
        : (Vector128.WidenLower(left.AsByte()) | (Vector128.WidenLower(right.AsByte()) << 8)).AsSByte();

    private static Vector128<sbyte> ZipHigh(Vector128<sbyte> left, Vector128<sbyte> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(left, right)
        : (Vector128.WidenUpper(left.AsByte()) | (Vector128.WidenUpper(right.AsByte()) << 8)).AsSByte();

    private static Vector128<short> ZipLow(Vector128<short> left, Vector128<short> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(left, right)
        : (Vector128.WidenLower(left.AsUInt16()) | (Vector128.WidenLower(right.AsUInt16()) << 16)).AsInt16();

    private static Vector128<short> ZipHigh(Vector128<short> left, Vector128<short> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(left, right)
        : (Vector128.WidenUpper(left.AsUInt16()) | (Vector128.WidenUpper(right.AsUInt16()) << 16)).AsInt16();

    private static Vector128<int> ZipLow(Vector128<int> left, Vector128<int> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(left, right)
        : (Vector128.WidenLower(left.AsUInt32()) | (Vector128.WidenLower(right.AsUInt32()) << 32)).AsInt32();

    private static Vector128<int> ZipHigh(Vector128<int> left, Vector128<int> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(left, right)
        : (Vector128.WidenUpper(left.AsUInt32()) | (Vector128.WidenUpper(right.AsUInt32()) << 32)).AsInt32();

    private static Vector128<long> ZipLow(Vector128<long> left, Vector128<long> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right) : Vector128.Create(left.GetLower(), right.GetLower());

    private static Vector128<long> ZipHigh(Vector128<long> left, Vector128<long> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right) : Vector128.Create(left.GetUpper(), right.GetUpper());
}
