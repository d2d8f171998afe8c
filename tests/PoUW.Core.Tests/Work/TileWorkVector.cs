using System.Text.Json;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work;

/// <summary>The header and the operands of the pinned vectors.</summary>
internal static class TileWorkVector
{
    public static byte[] Header { get; } = [.. Enumerable.Range(0, 0x4c).Select(i => (byte)i)];

    public static TileWorkShape Shape(JsonElement v) => new(
        v.GetProperty("m").GetInt32(),
        v.GetProperty("n").GetInt32(),
        v.GetProperty("k").GetInt32(),
        v.GetProperty("transA").GetBoolean(),
        v.GetProperty("transB").GetBoolean());

    public static sbyte[] OperandA(in TileWorkShape shape) =>
        Store(shape.M, shape.K, shape.TransposeA, (i, l) => (sbyte)((((31 * i) + (17 * l)) % 127) - 63));

    public static sbyte[] OperandB(in TileWorkShape shape) =>
        Store(shape.K, shape.N, shape.TransposeB, (l, j) => (sbyte)((((13 * l) + (7 * j)) % 127) - 63));

    public static sbyte[] Store(int rows, int columns, bool transpose, Func<int, int, sbyte> entry)
    {
        sbyte[] stored = new sbyte[rows * columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                stored[transpose ? (j * rows) + i : (i * columns) + j] = entry(i, j);
            }
        }

        return stored;
    }

    public static TileWorkOracle Oracle(in TileWorkShape shape, ulong chainId = 1) =>
        new(shape, OperandA(shape), OperandB(shape), chainId, Header);
}
