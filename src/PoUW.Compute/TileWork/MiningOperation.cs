using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>A product to draw tickets from: the operands, their commitments, and who takes the certificates.</summary>
internal readonly ref struct MiningOperation
{
    /// <summary>Collects the parts.</summary>
    /// <param name="shape">True dimensions.</param>
    /// <param name="a">Stored A.</param>
    /// <param name="treeA">Commitment of exactly <paramref name="a"/>.</param>
    /// <param name="b">Stored B.</param>
    /// <param name="treeB">Commitment of exactly <paramref name="b"/>.</param>
    /// <param name="sink">Takes winning certificates.</param>
    public MiningOperation(
        in TileWorkShape shape, ReadOnlySpan<sbyte> a, MatrixTree treeA, ReadOnlySpan<sbyte> b, MatrixTree treeB, ITicketSink sink)
    {
        Shape = shape;
        A = a;
        TreeA = treeA;
        B = b;
        TreeB = treeB;
        Sink = sink;
    }

    public TileWorkShape Shape { get; }

    public ReadOnlySpan<sbyte> A { get; }

    public MatrixTree TreeA { get; }

    public ReadOnlySpan<sbyte> B { get; }

    public MatrixTree TreeB { get; }

    public ITicketSink Sink { get; }

    /// <summary>Opens the operands of a tile.</summary>
    public WorkCertificate Certify(WorkTemplate template, WinningTile win) => win.Certify(template, Shape, A, TreeA.Tree, B, TreeB.Tree);
}
