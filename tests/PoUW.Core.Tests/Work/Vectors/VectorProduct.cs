using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>A product of the pinned operands and the tiles of it that are written out.</summary>
internal sealed record VectorProduct(string Name, TileWorkShape Shape, ulong ChainId, (int I, int J, int G)[] Tiles)
{
    public Hash256 Binding { get; init; }

    public TileWorkOracle Oracle() => new(
        Shape,
        TileWorkVector.OperandA(Shape),
        TileWorkVector.OperandB(Shape),
        new WorkTemplate(TileWorkOracle.H("TW1/sigma", (byte)0, ChainId, TileWorkVector.Header), Binding, 1));
}
