using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Headers;
using PoUW.Core.Ledger;
using PoUW.Core.Notifications;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>
/// The chain: validates blocks, follows the heaviest valid chain on top of the last finalized checkpoint, and keeps states. Among
/// chains of equal work the first seen stays. All members may be called from any thread; imports and proposals run one at a time.
/// Every step is one atomic batch, so a crash leaves the last committed head.
/// </summary>
public sealed class BlockChain
{
    private readonly Lock _gate = new();
    private readonly ChainEventQueue _events;
    private readonly WorldState _world;
    private readonly ChainStore _store;
    private readonly BlockExecutor _executor;
    private readonly BlockImporter _importer;
    private readonly BlockRules _rules;
    private readonly ChainPruner _pruner;
    private readonly ChainMetrics _metrics;
    private readonly IDifficultyRule _difficulty;
    private readonly BlockTemplateBuilder _builder;
    private readonly TimeProvider _time;
    private volatile ChainHead _head;

    /// <summary>Opens the chain in a store, or starts it with the genesis block.</summary>
    /// <exception cref="ChainException">The store holds another network's chain, or a damaged one.</exception>
    /// <exception cref="ArgumentException">Parameters or modules contradict themselves.</exception>
    public BlockChain(BlockChainOptions options)
    {
        Parameters = options.Parameters;
        CheckParameters(Parameters);
        _difficulty = options.Difficulty;
        _time = options.Time;
        _world = new WorldState(options.Store, options.State);
        _store = new ChainStore(options.Store, Parameters.MaxBlockBytes);
        SignatureVerifier signatures = new(options.SignatureScheme, options.Signatures);
        _executor = new BlockExecutor(_world, Parameters, new LedgerModules(options.Modules), signatures, options.Finality, options.Leases);
        _builder = new BlockTemplateBuilder(_executor, Parameters.MaxBlockBytes);
        TrustedCheckpoint = options.TrustedCheckpoint;
        TrustedHistory trust = new(options.TrustedCheckpoint);
        ChainOpener opener = new(_store, _world, _executor, _difficulty, trust);
        Genesis = opener.Open(out ChainHead head);
        _head = head;
        BaseHeight = _store.GetBase();
        _rules = new BlockRules(Parameters, _difficulty, Genesis.Header, _time, _store, options.SignatureScheme);
        HeaderChecks headers = new(_store, _rules, options.WorkVerifier, trust);
        Pending = new PendingChecks(_store, _rules, headers, trust, _difficulty, () => _head, Parameters.MaxBlockBytes);
        NotificationLog log = new(options.Store, _store, head);
        Notifications = new ChainNotifications(_gate, log);
        _importer = new BlockImporter(_store, _executor, _rules, headers, _difficulty, options.WorkVerifier, trust, log);
        _pruner = new ChainPruner(_store, _world, log, options.KeptWitnesses, options.KeptStates, BaseHeight);
        _events = new ChainEventQueue(options.ObserverFailed);
        _metrics = new ChainMetrics(options.Node);
    }

    /// <summary>The network.</summary>
    public NetworkParameters Parameters { get; }

    /// <summary>The genesis block.</summary>
    public Block Genesis { get; }

    /// <summary>The block that the operator trusts, or null.</summary>
    public Checkpoint? TrustedCheckpoint { get; }

    /// <summary>
    /// The height of the lowest block above genesis that is here: 0, or that of the snapshot from which the chain was begun
    /// (<see cref="SnapshotAdoption"/>).
    /// </summary>
    public ulong BaseHeight { get; }

    /// <summary>The tip of the heaviest valid chain.</summary>
    public ChainHead Head => _head;

    /// <summary>The work of the chain of the head.</summary>
    public BigInteger TotalWork => _head.TotalWork;

    /// <summary>The last finalized checkpoint; genesis if no other is. It never goes back, and every later head descends from it.</summary>
    public Checkpoint Finalized => _head.Finalized;

    /// <summary>The height of <see cref="Finalized"/>.</summary>
    public ulong FinalizedHeight => _head.FinalizedHeight;

    /// <summary>
    /// The lowest height that something still needs; it never goes back while the chain is open. What belongs to lower heights only
    /// (witnesses, states, blocks) may be pruned: it is final, and every subscriber has finished with it. The state after the block at
    /// this height is needed. Pruning has to read it once and stop there; nothing but subscribers and finality holds it back.
    /// </summary>
    public ulong PruneLimit => _pruner.Limit(_head);

    /// <summary>What the chain says of headers and blocks that it does not take yet.</summary>
    internal PendingChecks Pending { get; }

    /// <summary>The changes of the chain for hosts that must not miss one, over restarts too.</summary>
    public ChainNotifications Notifications { get; }

    /// <summary>The state after the head.</summary>
    public StateSnapshot HeadState => StateAt(_head);

    /// <summary>What a transaction must satisfy to be in a block.</summary>
    public TransactionRules TransactionRules => _executor.Rules;

    /// <summary>The state after a head.</summary>
    public StateSnapshot StateAt(ChainHead head) => _world.At(head.Position.State);

    /// <summary>
    /// The state of a root: of the head's chain, of its last <see cref="BlockChainOptions.KeptStates"/> blocks at least. Reading a state that
    /// is unknown or was pruned throws <see cref="StateTreeException"/>.
    /// </summary>
    public StateSnapshot StateAt(Hash256 root) => _world.At(root);

    /// <summary>
    /// The randomness that a block at this height uses: the beacon value of the epoch before its parent epoch, read from a state of a
    /// block at most one below that height.
    /// </summary>
    public Hash256 BeaconAt(ulong height, IStateReader state) => _executor.Beacon.ForHeight(state, height);

    /// <summary>A known block by id, on whatever chain; null if unknown. Its witness is empty if it was pruned.</summary>
    public Block? GetBlock(Hash256 id) => _store.GetBlock(id);

    /// <summary>A known header by id; null if unknown.</summary>
    public BlockHeader? GetHeader(Hash256 id) => _store.GetEntry(id)?.Header;

    /// <summary>
    /// A known block's header with seal and public data, as peers send it ahead of the block; null if unknown. The transactions are not
    /// decoded, but the stored block is read.
    /// </summary>
    /// <param name="id">The block.</param>
    /// <param name="storedBytes">How many bytes were read for it.</param>
    public HeaderAnnouncement? GetAnnouncement(Hash256 id, out int storedBytes) => _store.GetAnnouncement(id, out storedBytes);

    /// <summary>True if the block is known to be invalid, whoever sends it.</summary>
    public bool IsInvalid(Hash256 id) => Pending.IsInvalid(id);

    /// <summary>
    /// Verifies the signatures of a block's transactions, so that an import of it finds the good ones known; for blocks that wait for their
    /// turn. Gives no verdict. The body has to be the one that the header names, else this does nothing: nobody pays for
    /// signatures of a body that does not fit.
    /// </summary>
    /// <returns>False if the body is not the one of the header.</returns>
    public bool VerifyAhead(Block block)
    {
        if (!BlockRules.CheckBody(block).IsValid)
        {
            return false;
        }

        TransactionRules.VerifyAhead(block.Transactions);
        return true;
    }

    /// <summary>A known block's ticket and total work by id; null if unknown.</summary>
    public ChainPosition? GetPosition(Hash256 id) => _store.GetEntry(id)?.Position;

    /// <summary>The block at a height of the chain of the head; null above the head.</summary>
    public Block? GetBlockByHeight(ulong height) => _store.GetCanonical(height) is { } id ? _store.GetBlock(id) : null;

    /// <summary>The id at a height of the chain of the head; null above the head.</summary>
    public Hash256? GetIdByHeight(ulong height) => _store.GetCanonical(height);

    /// <summary>The receipts of an executed block; null if it was never executed.</summary>
    public IReadOnlyList<Receipt>? GetReceipts(Hash256 blockId) => _store.GetReceipts(blockId);

    /// <summary>Where a transaction is on the chain of the head; null if it is not.</summary>
    public TransactionLocation? FindTransaction(Hash256 transactionId) => _store.FindTransaction(transactionId);

    /// <summary>Adds an observer; it hears what happens from now on.</summary>
    /// <returns>The head that its first call starts from.</returns>
    public ChainHead Subscribe(IChainObserver observer)
    {
        lock (_gate)
        {
            _events.Add(observer);
            return _head;
        }
    }

    /// <summary>Removes an observer; a call that has begun may still end.</summary>
    public void Unsubscribe(IChainObserver observer) => _events.Remove(observer);

    /// <summary>
    /// Validates a block from cheap to dear and adds it. A block on a lighter chain is kept without execution; when its chain becomes the
    /// heaviest, the chain is executed and becomes the head's. Observers have heard of the change when this returns, unless another
    /// thread is busy telling them.
    /// </summary>
    /// <returns>
    /// <see cref="ValidationCode.UnknownParent"/> when the parent must be fetched first, <see cref="ValidationCode.MissingWitness"/> when
    /// the witness was pruned and no trusted checkpoint vouches for the block; it is not kept then.
    /// </returns>
    public ValidationResult Import(Block block) => Add(block, admit: null);

    /// <summary>
    /// Looks only at the header of an encoded block: a block that is known, or whose parent is not, need not be decoded to find that out.
    /// Needs no lock.
    /// </summary>
    /// <returns>
    /// Ok if the block is worth decoding and importing; <see cref="ValidationCode.UnknownParent"/>, <see cref="ValidationCode.AlreadyKnown"/>,
    /// or what is wrong with the form of the header.
    /// </returns>
    public ValidationResult Peek(ReadOnlySpan<byte> encodedBlock) => Pending.Peek(encodedBlock);

    /// <summary>
    /// Checks what a header shows without its parent: form, reach, public data, and the claimed ticket, which has to stand for at least a sixteenth of
    /// the head's work. So what passes has cost its maker that share of a header's hash trials. Needs no lock.
    /// </summary>
    /// <returns>
    /// <see cref="ValidationCode.UnknownParent"/> if nobody is at fault, but the header is too easy or too far away to wait for its parent.
    /// </returns>
    public ValidationResult CheckUnattached(HeaderAnnouncement announced)
    {
        ArgumentNullException.ThrowIfNull(announced);
        return Pending.CheckUnattached(announced.Signed.Header, announced.PublicData);
    }

    /// <summary>
    /// As <see cref="Import"/>, for a block that nobody asked for: it must have its witness, and before the dear checks (a
    /// signature, the openings) the caller says whether it can afford them.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <param name="admitCertificate">
    /// Asked at most once, after all cheap checks have passed, under the chain's lock: it must return soon and must not call the chain.
    /// </param>
    /// <returns><see cref="ValidationCode.RateLimited"/> when the answer was no; the block may be valid.</returns>
    public ValidationResult ImportUnsolicited(Block block, Func<bool> admitCertificate)
    {
        ArgumentNullException.ThrowIfNull(admitCertificate);
        return Add(block, admitCertificate);
    }

    /// <summary>
    /// Forgets old witnesses, in steps that do not keep imports waiting: those of blocks below <see cref="PruneLimit"/> that are not among
    /// the last <see cref="BlockChainOptions.KeptWitnesses"/>. Such blocks can no longer be proven to a node that joins; it takes them on
    /// the word of its <see cref="BlockChainOptions.TrustedCheckpoint"/>.
    /// </summary>
    /// <param name="maxHeights">How many heights this call may prune; positive.</param>
    /// <returns>How many heights it pruned; less than asked for when nothing is left to do.</returns>
    public int PruneWitnesses(int maxHeights)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxHeights);
        lock (_gate)
        {
            return _pruner.PruneWitnesses(_head, maxHeights);
        }
    }

    /// <summary>
    /// Forgets old states, in steps beside imports, which never wait for it: those of heights below <see cref="PruneLimit"/> that are not
    /// among the last <see cref="BlockChainOptions.KeptStates"/>, and those of branches that left the chain there. A crash loses nothing.
    /// </summary>
    /// <param name="maxSteps">How many steps this call may take; positive. A step deletes about a thousand entries in one batch.</param>
    /// <returns>How many steps it took; less than it may when nothing is left to do.</returns>
    /// <exception cref="Storage.StoreException">The store failed; the next call goes on.</exception>
    /// <exception cref="StateTreeException">The stored states are damaged.</exception>
    public int PruneStates(int maxSteps)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxSteps);
        StateVersion? oldest;
        lock (_gate)
        {
            oldest = _pruner.OldestKeptState(_head);
        }

        return oldest is { } kept ? _pruner.PruneStates(kept, maxSteps) : 0;
    }

    private ValidationResult Add(Block block, Func<bool>? admit)
    {
        ValidationResult result;
        ChainChange? change;
        lock (_gate)
        {
            result = _importer.Import(block, _head, admit, out change);
            if (change is not null)
            {
                _head = change.Head;
                _events.Announce(change);
            }
        }

        _metrics.Imported(result, change, Notifications);
        _events.Deliver();
        return result;
    }

    /// <summary>Builds a block on the head that lacks only its certificate and its producer's seal.</summary>
    /// <param name="producer">Who gets subsidy and tips.</param>
    /// <param name="candidates">Transactions in the order in which they are tried; those that do not apply or fit are left out.</param>
    /// <param name="timestampMs">The header's time; by default the clock's, moved after the median of the last eleven blocks.</param>
    public BlockTemplate Propose(Address producer, IEnumerable<Transaction> candidates, ulong? timestampMs = null)
    {
        lock (_gate)
        {
            ChainPosition parent = _head.Position;
            ulong earliest = _rules.MedianTime(parent.Header) + 1;
            ulong time = timestampMs ?? Math.Max(earliest, (ulong)_time.GetUtcNow().ToUnixTimeMilliseconds());
            uint bits = _difficulty.NextBits(Genesis.Header, parent.Header);
            return _builder.Build(parent, bits, time, producer, candidates, claim: null);
        }
    }

    /// <summary>
    /// Builds the block of a bound ticket on the head: it has no transactions, and its header claims an operation. Whether the claim is valid
    /// is not checked here; importing the block does that.
    /// </summary>
    /// <param name="producer">Who holds the lease.</param>
    /// <param name="claim">The operation.</param>
    /// <param name="timestampMs">The header's time.</param>
    public BlockTemplate ProposeBound(Address producer, BoundClaim claim, ulong timestampMs)
    {
        lock (_gate)
        {
            ChainPosition parent = _head.Position;
            return _builder.Build(parent, _difficulty.NextBits(Genesis.Header, parent.Header), timestampMs, producer, [], claim);
        }
    }

    private static void CheckParameters(NetworkParameters parameters)
    {
        bool usable = parameters.EpochBlocks is > 0 and <= StateOverlay.MaxRecordBytes / Hash256.Size
            && parameters.BaseFeePerGas.BaseUnits <= ulong.MaxValue
            && parameters.MaxBlockBytes > 4096;
        if (!usable)
        {
            throw new ArgumentException("Epoch length, base fee or block size is outside what the ledger supports.", nameof(parameters));
        }
    }
}
