using PoUW.Core.Primitives;

namespace PoUW.Core.Work;

/// <summary>A tile whose ticket wins (docs/tile-work.md).</summary>
/// <param name="TileRow">I.</param>
/// <param name="TileColumn">J.</param>
/// <param name="Segment">g.</param>
/// <param name="State">The 16 words.</param>
/// <param name="Ticket">The ticket.</param>
public sealed record WinningTile(int TileRow, int TileColumn, int Segment, uint[] State, Hash256 Ticket)
{
    /// <summary>Opens the operands of the tile.</summary>
    /// <param name="template">What the ticket was drawn on.</param>
    /// <param name="shape">True dimensions of the product.</param>
    /// <param name="a">Stored A.</param>
    /// <param name="treeA">Its commitment, in the layout of <see cref="MatrixCommitment.Tree"/>.</param>
    /// <param name="b">Stored B.</param>
    /// <param name="treeB">Its commitment.</param>
    /// <returns>The certificate; nothing of it is verified here.</returns>
    public WorkCertificate Certify(
        WorkTemplate template, in TileWorkShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<byte> treeA, ReadOnlySpan<sbyte> b, ReadOnlySpan<byte> treeB)
    {
        ArgumentNullException.ThrowIfNull(template);
        WorkPublicData data = new()
        {
            Shape = shape,
            RootA = MatrixCommitment.RootOf(treeA),
            RootB = MatrixCommitment.RootOf(treeB),
            TileRow = TileRow,
            TileColumn = TileColumn,
            Segment = Segment,
            State = State,
            Bound = template.IsBound,
            Binding = template.Binding,
        };
        return new WorkCertificate(data.Encode(), new WorkWitness(shape, TileRow, TileColumn, Segment).Build(a, treeA, b, treeB));
    }
}
