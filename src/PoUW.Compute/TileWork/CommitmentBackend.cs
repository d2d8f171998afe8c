using PoUW.Core.Work;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.TileWork;

/// <summary>
/// A tensor backend for those who repeat what a miner did without mining themselves: the inner backend computes everything, and an observer
/// is told the same commitments in the same order that a <see cref="TileWorkBackend"/> reports. Used by one machine, hence one thread, at a
/// time.
/// </summary>
public sealed class CommitmentBackend : ITensorBackend
{
    private readonly ITensorBackend _inner;
    private readonly OperationCommitter _committer;

    /// <summary>Decorates a backend.</summary>
    /// <param name="inner">Computes.</param>
    /// <param name="observer">Is told the commitments.</param>
    /// <param name="commitmentBytes">Bytes for operands and commitments that are kept for a later product.</param>
    public CommitmentBackend(ITensorBackend inner, IOperationObserver observer, long commitmentBytes = 128L << 20)
    {
        _inner = inner;
        _committer = new OperationCommitter(new TileWorkOptions { Observer = observer, CommitmentBytes = commitmentBytes });
    }

    /// <inheritdoc/>
    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        bool counts = _committer.TryCommit(shape, a, b, out TileWorkShape work, out MatrixTree treeA, out MatrixTree treeB);
        _inner.MatMul(shape, a, b, c);
        if (counts)
        {
            _committer.Report(work, treeA, treeB);
        }
    }

    /// <inheritdoc/>
    public long Run(TensorOp operation, in TensorCall call) => _inner.Run(operation, call);

    /// <inheritdoc/>
    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _inner.MemCopy(rows, destination, source);

    /// <inheritdoc/>
    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _inner.Checkpoint(name, state);
}
