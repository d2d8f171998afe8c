using PoUW.Core.Work;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.TileWork;

/// <summary>Commits the operands of the products that count, and reports them. One thread at a time.</summary>
internal sealed class OperationCommitter(TileWorkOptions options)
{
    private readonly IOperationObserver? _observer = options.Observer;

    /// <summary>The commitments that are kept.</summary>
    public CommitmentCache Cache { get; } = new(options.CommitmentBytes);

    /// <summary>True if somebody wants the commitments even where no tickets are drawn.</summary>
    public bool IsObserved => _observer is not null;

    /// <summary>Commits the operands of a product that the program offers for tickets and that our rules take.</summary>
    /// <param name="shape">The product.</param>
    /// <param name="a">Stored A.</param>
    /// <param name="b">Stored B.</param>
    /// <param name="work">The product as tile work.</param>
    /// <param name="treeA">Commitment of A, valid until the next call.</param>
    /// <param name="treeB">Commitment of B, valid until the next call.</param>
    /// <returns>False for all other products.</returns>
    public bool TryCommit(in MatMulShape shape, Tensor a, Tensor b, out TileWorkShape work, out MatrixTree treeA, out MatrixTree treeB)
    {
        work = new TileWorkShape(shape.M, shape.N, shape.K, shape.TransposeA, shape.TransposeB);
        if (!shape.TileWork || !TileWorkMiner.IsEligible(work))
        {
            (treeA, treeB) = (null!, null!);
            return false;
        }

        return Cache.TryCommit(
            new CommitmentCache.Matrix(a.Int8, work.StoredRowsA, work.StoredColumnsA, a),
            new CommitmentCache.Matrix(b.Int8, work.StoredRowsB, work.StoredColumnsB, b),
            out treeA,
            out treeB);
    }

    /// <summary>Reports a product that is done.</summary>
    public void Report(in TileWorkShape work, MatrixTree treeA, MatrixTree treeB) => _observer?.Ticketed(work, treeA.Tag, treeB.Tag);
}
