using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>
/// The state transition: a parent's state and a block give receipts and a new state root. Order inside a block: the parent's ticket
/// joins the beacon record, the modules' begin of block, transactions, coinbase, the modules' end of block. Depends on nothing but its arguments.
/// </summary>
public sealed class BlockExecutor
{
    private StateOverlay? _spare;

    /// <summary>Joins the rules of one network with a store of states.</summary>
    public BlockExecutor(WorldState world, NetworkParameters parameters, LedgerModules modules, SignatureVerifier signatures, IFinalityRule finality, ILeaseView leases)
    {
        World = world;
        Parameters = parameters;
        Modules = modules;
        Finality = finality;
        Leases = leases;
        Rules = new TransactionRules(parameters, modules, signatures);
        Beacon = new EpochBeacon(parameters);
    }

    /// <summary>What a transaction must satisfy to be in a block.</summary>
    public TransactionRules Rules { get; }

    /// <summary>The randomness of the network.</summary>
    public EpochBeacon Beacon { get; }

    internal WorldState World { get; }

    internal NetworkParameters Parameters { get; }

    internal LedgerModules Modules { get; }

    internal IFinalityRule Finality { get; }

    internal ILeaseView Leases { get; }

    /// <summary>Executes a block on its parent and compares the roots with the header's. New state nodes go into the batch.</summary>
    public ValidationResult Execute(ChainPosition parent, Block block, WriteBatch batch, out ExecutionOutcome? outcome)
    {
        outcome = null;
        ValidationResult claim = CheckClaim(parent, block);
        if (!claim.IsValid)
        {
            return claim;
        }

        Rules.VerifyAhead(block.Transactions);
        BlockExecution execution = new(this, parent, block.Header.Bits, block.Header.TimestampMs, block.Header.Producer, block.Transactions.Count);
        for (int i = 0; i < block.Transactions.Count; i++)
        {
            ValidationResult applied = execution.TryApply(block.Transactions[i]);
            if (!applied.IsValid)
            {
                ValidationCode code = applied.Code == ValidationCode.BlockGasExceeded ? applied.Code : ValidationCode.InvalidTransaction;
                return ValidationResult.Fail(code, $"Transactions[{i}]", applied.ToString());
            }
        }

        StateUpdate update = execution.Finish();
        if (execution.ReceiptsRoot != block.Header.ReceiptsRoot)
        {
            return Mismatch(ValidationCode.WrongReceiptsRoot, nameof(BlockHeader.ReceiptsRoot), execution.ReceiptsRoot);
        }

        if (update.Root != block.Header.StateRoot)
        {
            return Mismatch(ValidationCode.WrongStateRoot, nameof(BlockHeader.StateRoot), update.Root);
        }

        outcome = execution.Commit(update, batch);
        execution.End();
        return ValidationResult.Ok;
    }

    /// <summary>An overlay without changes on a state, with the memory of an earlier one if there is any.</summary>
    internal StateOverlay RentOverlay(StateSnapshot parent)
    {
        if (Interlocked.Exchange(ref _spare, null) is not { } overlay)
        {
            return new StateOverlay(parent);
        }

        overlay.Reset(parent);
        return overlay;
    }

    internal void Return(StateOverlay overlay) => _spare = overlay.CanReset ? overlay : null;

    /// <summary>What is final in the state of an executed block.</summary>
    internal Checkpoint FinalizedAfter(ChainPosition position) => Finality.FinalizedIn(World.At(position.State));

    /// <summary>The genesis block: allocations in order, then the modules. Its parent hash is the hash of the parameters.</summary>
    internal Block BuildGenesis(uint bits, out StateUpdate update)
    {
        StateOverlay state = new(World.At(StateVersion.Empty));
        foreach (GenesisAllocation allocation in Parameters.Allocations)
        {
            state.Mint(allocation.Address, allocation.Amount);
        }

        foreach (ILedgerModule module in Modules.InOrder)
        {
            module.Genesis(state);
        }

        update = World.Update(state, StateVersion.Empty);
        BlockHeader header = new()
        {
            ChainId = Parameters.ChainId,
            Height = 0,
            ParentHash = NetworkParametersCodec.Hash(Parameters),
            TimestampMs = Parameters.GenesisTimeMilliseconds,
            Bits = bits,
            Producer = Address.Zero,
            TransactionRoot = Hash256.Zero,
            StateRoot = update.Root,
            ReceiptsRoot = Hash256.Zero,
        };
        return new Block(header, [], new WorkCertificate(default, default), ProducerSeal.Empty);
    }

    /// <summary>Checks what a block claims, if anything, over the state of its parent, which was executed.</summary>
    private ValidationResult CheckClaim(ChainPosition parent, Block block)
    {
        if (block.Header.Claim is null)
        {
            return ValidationResult.Ok;
        }

        ValidationResult decoded = WorkPublicData.TryDecode(block.Certificate.PublicData.Span, out WorkPublicData? data);
        return decoded.IsValid
            ? Leases.CheckClaim(World.At(parent.State), parent.Header, block.Header, data!.Shape)
            : decoded;
    }

    private static ValidationResult Mismatch(ValidationCode code, string field, Hash256 expected)
    {
        return ValidationResult.Fail(code, field, $"Execution gives {expected}.");
    }
}
