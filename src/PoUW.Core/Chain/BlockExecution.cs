using PoUW.Core.Blocks;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Chain;

/// <summary>
/// One block under execution: the modules begin the block, transactions are applied one by one on an overlay, then the coinbase is minted, the
/// modules end the block and the state is committed once. Used for validation, where every transaction must apply, and for proposing, where the ones that do
/// not apply are left out. Not thread-safe.
/// </summary>
internal sealed class BlockExecution
{
    private readonly BlockExecutor _executor;
    private readonly StateVersion _parent;
    private readonly StateOverlay _state;
    private readonly BlockContext _context;
    private readonly List<Receipt> _receipts;

    internal BlockExecution(BlockExecutor executor, ChainPosition parent, uint bits, ulong timestampMs, Address producer, int transactions = 0)
    {
        _receipts = new List<Receipt>(transactions);
        _executor = executor;
        _parent = parent.State;
        _state = executor.RentOverlay(executor.World.At(_parent));
        ulong height = parent.Header.Height + 1;
        executor.Beacon.Append(_state, parent.Header.Height, parent.Ticket);
        Hash256 beacon = executor.Beacon.ForHeight(_state, height);
        _context = new BlockContext(height, timestampMs, parent.Id, parent.Ticket, producer, beacon, bits, parent.Work, executor.Parameters);
        foreach (ILedgerModule module in executor.Modules.InOrder)
        {
            module.BeginBlock(_context, _state);
        }
    }

    internal ulong GasUsed { get; private set; }

    internal Hash256 ReceiptsRoot => Receipt.RootOf(_receipts);

    /// <summary>Applies a transaction; a failed result leaves no trace and means that the transaction cannot be in this block here.</summary>
    internal ValidationResult TryApply(Transaction transaction)
    {
        ValidationResult stateless = _executor.Rules.Check(transaction, out Address sender);
        if (!stateless.IsValid)
        {
            return stateless;
        }

        TransactionBody body = transaction.Body;
        ulong gas = TransactionGas.Of(body);
        if (GasUsed + gas > _executor.Parameters.BlockGasLimit)
        {
            return ValidationResult.Fail(
                ValidationCode.BlockGasExceeded, "Transactions", $"{GasUsed + gas} gas; the limit is {_executor.Parameters.BlockGasLimit}.");
        }

        ValidationResult stateful = _executor.Rules.CheckAgainst(body, _state.GetAccount(sender), _context.Height);
        if (!stateful.IsValid)
        {
            return stateful;
        }

        ChargeFee(body, sender);
        ValidationCode code = ExecuteModule(transaction, sender);
        GasUsed += gas;
        _receipts.Add(new Receipt(transaction.Id, code, gas, TransactionGas.Fee(body, _executor.Parameters)));
        return ValidationResult.Ok;
    }

    /// <summary>Ends the block and computes its state; nothing is written.</summary>
    internal StateUpdate Finish()
    {
        _state.Mint(_context.Producer, SubsidySplit.BaseShare(_executor.Parameters));
        foreach (ILedgerModule module in _executor.Modules.InOrder)
        {
            module.EndBlock(_context, _state);
        }

        return _executor.World.Update(_state, _parent);
    }

    /// <summary>Gives the memory of the execution back; nothing of it may be used afterwards.</summary>
    internal void End() => _executor.Return(_state);

    /// <summary>What the block gave, with its writes in the batch; after <see cref="Finish"/>.</summary>
    internal ExecutionOutcome Commit(StateUpdate update, WriteBatch batch) =>
        new(update.WriteTo(batch), _receipts, GasUsed, _executor.Finality.FinalizedIn(_state));

    private void ChargeFee(TransactionBody body, Address sender)
    {
        bool paid = _state.TryBurn(sender, TransactionGas.BurnedFee(body, _executor.Parameters))
            && _state.TryTransfer(sender, _context.Producer, TransactionGas.Tip(body));
        if (!paid)
        {
            throw new ChainException("A fee that was checked could not be charged.");
        }

        _state.SetNonce(sender, body.Nonce + 1);
    }

    private ValidationCode ExecuteModule(Transaction transaction, Address sender)
    {
        TransactionBody body = transaction.Body;
        TransactionContext context = new(transaction.Id, body.Kind, sender, body.Nonce, body.Payload, _context);
        _state.BeginAttempt();
        ValidationResult result = _executor.Modules.Find(body.Kind)!.Execute(context, _state);
        _state.EndAttempt(keep: result.IsValid);
        return result.Code;
    }
}
