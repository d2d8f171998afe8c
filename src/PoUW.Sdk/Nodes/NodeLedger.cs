using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Mempool;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Training.Ledger;

namespace PoUW.Sdk.Nodes;

/// <summary>The training pipeline's window on this node's chain and pool. Thread-safe.</summary>
internal sealed class NodeLedger : ILedgerAccess, IChainObserver
{
    private readonly BlockChain _chain;
    private readonly TransactionPool _pool;
    private readonly Action<Transaction> _admitted;
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSignal();
    private volatile LedgerView _view;

    public NodeLedger(BlockChain chain, TransactionPool pool, Action<Transaction> admitted)
    {
        (_chain, _pool, _admitted) = (chain, pool, admitted);
        _view = Look(0);
    }

    public NetworkParameters Parameters => _chain.Parameters;

    public LedgerView View => _view;

    public ulong NextNonce(Address sender) => _pool.NextNonce(sender);

    public ValidationResult Submit(Transaction transaction)
    {
        ValidationResult result = _pool.Admit(transaction);
        if (result.IsValid)
        {
            _admitted(transaction);
        }

        return result;
    }

    public Task WaitForChangeAsync(long version, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return _view.Version != version ? Task.CompletedTask : _changed.Task.WaitAsync(cancellation);
        }
    }

    public void BlockDetached(Block block) => Refresh();

    public void BlockAttached(Block block, IReadOnlyList<Receipt> receipts) => Refresh();

    private void Refresh()
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            _view = Look(_view.Version + 1);
            signal = _changed;
            _changed = NewSignal();
        }

        signal.SetResult();
    }

    private LedgerView Look(long version)
    {
        ChainHead head = _chain.Head;
        return new LedgerView(version, head.Height, head.FinalizedHeight, _chain.StateAt(head));
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
