using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Economics.TileWork;
using PoUW.Training.Ledger;

namespace PoUW.Training.Tests.Support;

/// <summary>
/// The production ledger modules on a production world state, one block at a time when the test says so. Transactions are signed and
/// carry nonces; fees and work are left out. A rewind is a reorganisation: what the lost blocks held waits again.
/// </summary>
internal sealed class TestLedger : ILedgerAccess
{
    private readonly Lock _gate = new();
    private readonly WorldState _world;
    private readonly InMemoryKeyValueStore _store = new();
    private readonly ILedgerModule[] _modules;
    private readonly SignatureVerifier _signatures = new(new Secp256k1Scheme());
    private readonly List<Transaction> _pending = [];
    private readonly List<Transaction> _sent = [];
    private readonly List<(StateVersion Root, List<Transaction> Transactions)> _blocks = [];
    private TaskCompletionSource _headChanged = NewSignal();
    private TaskCompletionSource _somethingSent = NewSignal();
    private long _version;
    private ulong _branch;
    private BoundWork? _parentWork;
    private ulong _finalized;

    /// <param name="parameters">The network.</param>
    /// <param name="enrolled">The class of lane T for which every genesis stake is enrolled from the start; null for none.</param>
    public TestLedger(NetworkParameters parameters, Hash256? enrolled = null)
    {
        Parameters = parameters;
        _world = new WorldState(_store);
        _modules = [new StakeModule(parameters), new JobModule(), new WorkModule()];
        StateOverlay genesis = new(_world.At(StateVersion.Empty));
        foreach (GenesisAllocation allocation in parameters.Allocations)
        {
            genesis.Mint(allocation.Address, allocation.Amount);
        }

        foreach (ILedgerModule module in _modules)
        {
            module.Genesis(genesis);
        }

        foreach (GenesisStake stake in enrolled is null ? [] : parameters.Stakes)
        {
            Enrol(genesis, stake, enrolled!.Value);
        }

        Append(genesis, StateVersion.Empty, []);
    }

    public NetworkParameters Parameters { get; }

    /// <summary>The compact target of every block: at most of them a lease costs next to nothing.</summary>
    public uint Bits { get; init; } = CompactTarget.Encode(System.Numerics.BigInteger.One << 200);

    /// <summary>While true, blocks take no transactions.</summary>
    public bool Stalled { get; set; }

    public LedgerView View
    {
        get
        {
            lock (_gate)
            {
                return new LedgerView(_version, Height, _finalized, _world.At(_blocks[^1].Root));
            }
        }
    }

    private ulong Height => (ulong)_blocks.Count - 1;

    public ulong NextNonce(Address sender)
    {
        lock (_gate)
        {
            ulong nonce = _world.At(_blocks[^1].Root).GetAccount(sender).Nonce;
            while (_pending.Exists(waiting => waiting.Body.Nonce == nonce && _signatures.Verify(waiting, out Address from).IsValid && from == sender))
            {
                nonce++;
            }

            return nonce;
        }
    }

    public ValidationResult Submit(Transaction transaction)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            _pending.Add(transaction);
            _sent.Add(transaction);
            (signal, _somethingSent) = (_somethingSent, NewSignal());
        }

        signal.SetResult();
        return ValidationResult.Ok;
    }

    public Task WaitForChangeAsync(long version, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return _version != version ? Task.CompletedTask : _headChanged.Task.WaitAsync(cancellation);
        }
    }

    public IReadOnlyList<Transaction> Sent(TransactionKind kind)
    {
        lock (_gate)
        {
            return [.. _sent.Where(transaction => transaction.Body.Kind == kind)];
        }
    }

    /// <summary>Waits until so many transactions of a kind were sent in all.</summary>
    public async Task<IReadOnlyList<Transaction>> WaitForAsync(TransactionKind kind, int count, CancellationToken cancellation)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                next = _somethingSent.Task;
            }

            if (Sent(kind) is { } sent && sent.Count >= count)
            {
                return sent;
            }

            await next.WaitAsync(cancellation);
        }
    }

    public void Mine(int blocks = 1)
    {
        for (int i = 0; i < blocks; i++)
        {
            Change(MineOne);
        }
    }

    /// <summary>Mines a block that a bound ticket won: it takes no transactions, and the next block records the win.</summary>
    public void MineBound(BoundClaim claim, Address worker, Hash256 operands)
    {
        bool stalled = Stalled;
        Stalled = true;
        Mine();
        Stalled = stalled;
        _parentWork = new BoundWork(claim, worker, Bits, operands);
    }

    public void Rewind(ulong height) => Change(() =>
    {
        List<Transaction> lost = [.. _blocks.Skip((int)height + 1).SelectMany(block => block.Transactions)];
        _blocks.RemoveRange((int)height + 1, _blocks.Count - (int)height - 1);
        _pending.InsertRange(0, lost);
        _branch++;
    });

    public void Finalize(ulong height) => Change(() => _finalized = height);

    private void Change(Action change)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            change();
            _version++;
            (signal, _headChanged) = (_headChanged, NewSignal());
        }

        signal.SetResult();
    }

    private void MineOne()
    {
        ulong height = Height + 1;
        Hash256 ticket = Hash256.Sha256([.. BitConverter.GetBytes(height), .. BitConverter.GetBytes(_branch)]);
        BlockContext context = new(height, height * 1_000, ticket, ticket, Address.Zero, Hash256.Sha256("beacon"u8), Bits, _parentWork, Parameters);
        _parentWork = null;
        StateVersion parent = _blocks[^1].Root;
        StateOverlay block = new(_world.At(parent));
        List<Transaction> taken = [];
        foreach (ILedgerModule module in _modules)
        {
            module.BeginBlock(context, block);
        }

        foreach (Transaction transaction in Stalled ? [] : _pending.OrderBy(waiting => waiting.Body.Nonce).ToArray())
        {
            if (TryExecute(transaction, context, block))
            {
                taken.Add(transaction);
                _pending.Remove(transaction);
            }
        }

        foreach (ILedgerModule module in _modules)
        {
            module.EndBlock(context, block);
        }

        Append(block, parent, taken);
    }

    private bool TryExecute(Transaction transaction, BlockContext context, StateOverlay block)
    {
        TransactionBody body = transaction.Body;
        Assert.That(_signatures.Verify(transaction, out Address sender).IsValid, Is.True);
        if (block.GetAccount(sender).Nonce != body.Nonce)
        {
            return false;
        }

        block.SetNonce(sender, body.Nonce + 1);
        StateOverlay attempt = new(block);
        ILedgerModule module = _modules.Single(candidate => candidate.Kinds.Contains(body.Kind));
        if (module.Execute(new TransactionContext(transaction.Id, body.Kind, sender, body.Nonce, body.Payload, context), attempt).IsValid)
        {
            attempt.MergeIntoParent();
        }

        return true;
    }

    private void Enrol(StateOverlay genesis, GenesisStake stake, Hash256 toleranceClass)
    {
        BlockContext context = new(0, 0, Hash256.Zero, Hash256.Zero, Address.Zero, Hash256.Zero, Bits, null, Parameters);
        byte[] payload = new StakePayload(stake.Roles, Amount.Zero, [toleranceClass]).Encode();
        Assert.That(
            _modules[0].Execute(new TransactionContext(Hash256.Zero, TransactionKind.Stake, stake.Address, 0, payload, context), genesis).ToString(),
            Is.EqualTo("Ok"));
    }

    private void Append(StateOverlay block, StateVersion parent, List<Transaction> transactions)
    {
        WriteBatch batch = new();
        StateVersion root = _world.Commit(block, parent, batch);
        _store.Apply(batch);
        _blocks.Add((root, transactions));
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
