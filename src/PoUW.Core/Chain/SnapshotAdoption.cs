using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.State.Snapshots;
using PoUW.Core.Storage;
using PoUW.Core.Validation;

namespace PoUW.Core.Chain;

/// <summary>
/// Begins a chain with the state of its trusted checkpoint instead of its history. The checkpoint's id is that of a header, which names the
/// root of the state, of the transactions and of the receipts, and the parent: so everything that is taken over is checked against the one id that the operator
/// vouches for, whoever sent it. What is not checked is the history below, which is not here: the operator vouches for it.
/// <para>Works on the store of a chain that is at its genesis block and that nobody has open. Chunks of the state become durable one by one,
/// under "state/", where no chain looks for them; <see cref="Finish"/> moves the head in one batch. So a crash before it leaves the chain at
/// genesis, and the next adoption of the same checkpoint goes on where this one was. Not thread-safe.</para>
/// </summary>
public sealed class SnapshotAdoption
{
    /// <summary>
    /// Headers below the block that its children need: the median of timestamps reads the last eleven.
    /// </summary>
    public const int AncestorCount = 11;

    private readonly BlockChainOptions _options;
    private readonly ChainStore _store;
    private readonly BlockHeader _genesis;
    private readonly ChainPosition _start;
    private readonly TrustedHistory _trust;
    private SnapshotImporter? _importer;

    /// <summary>Opens the store of a chain to begin, and makes its genesis block if it is empty.</summary>
    /// <param name="options">The chain's options, with a trusted checkpoint.</param>
    /// <exception cref="ArgumentException">No checkpoint is trusted, or genesis is.</exception>
    /// <exception cref="ChainException">The chain in the store is beyond its genesis block, damaged, or another network's.</exception>
    public SnapshotAdoption(BlockChainOptions options)
    {
        Checkpoint = options.TrustedCheckpoint is { Height: > 0 } trusted
            ? trusted
            : throw new ArgumentException("A trusted checkpoint above genesis is needed.", nameof(options));
        BlockChain chain = new(options);
        if (chain.Head.Height > 0)
        {
            throw new ChainException($"The chain is at height {chain.Head.Height}; only one at its genesis block can begin from a snapshot.");
        }

        (_options, _genesis, _start) = (options, chain.Genesis.Header, chain.Head.Position);
        _trust = new TrustedHistory(options.TrustedCheckpoint);
        _store = new ChainStore(options.Store, options.Parameters.MaxBlockBytes);
    }

    /// <summary>The block whose state is taken over.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The network.</summary>
    public NetworkParameters Parameters => _options.Parameters;

    /// <summary>The state of the block, chunk by chunk; null before <see cref="Begin"/>.</summary>
    public SnapshotImporter? State => _importer;

    /// <summary>True if a store holds a chain that is not beyond its genesis block, or none.</summary>
    public static bool IsPossible(IKeyValueReader store)
    {
        Span<byte> one = stackalloc byte["chain/height/"u8.Length + 8];
        "chain/height/"u8.CopyTo(one);
        one[^8..].Clear();
        one[^1] = 1;
        return store.Get(one) is null && store.Get("chain/base"u8) is null;
    }

    /// <summary>Checks the header of the checkpoint, and gives the place for the chunks of its state.</summary>
    /// <returns><see cref="ValidationCode.WrongCheckpoint"/> if it is another header.</returns>
    public ValidationResult Begin(BlockHeader header)
    {
        if (header.Id != Checkpoint.Id || header.Height != Checkpoint.Height)
        {
            return Refuse($"{header.Id} at height {header.Height} is not the trusted block {Checkpoint.Id} at height {Checkpoint.Height}.");
        }

        _importer ??= new SnapshotImporter(
            _options.Store, new WorldState(_options.Store, _options.State), new SnapshotManifest(header.Height, header.Id, header.StateRoot));
        return ValidationResult.Ok;
    }

    /// <summary>
    /// Makes the block the head, in one batch. Before it the state has to be complete. The chain can be opened then.
    /// </summary>
    /// <param name="block">The block; its witness may be missing.</param>
    /// <param name="receipts">Its receipts.</param>
    /// <param name="ancestors">The headers below it, the nearest first: <see cref="AncestorCount"/>, or all above genesis and genesis itself.</param>
    /// <returns>What does not fit; nothing was written then.</returns>
    /// <exception cref="InvalidOperationException">The state is not complete.</exception>
    /// <exception cref="StoreException">The store failed; the head is where it was.</exception>
    public ValidationResult Finish(Block block, IReadOnlyList<Receipt> receipts, IReadOnlyList<BlockHeader> ancestors)
    {
        if (_importer is not { IsComplete: true })
        {
            throw new InvalidOperationException("The state is not complete.");
        }

        ValidationResult result = CheckBlock(block, receipts, out Hash256 ticket);
        result = result.IsValid ? CheckAncestors(block.Header, ancestors) : result;
        if (!result.IsValid)
        {
            return result;
        }

        // Work that was not verified is not credited, as for every block below a trusted checkpoint.
        Hash256 id = Checkpoint.Id;
        ChainPosition position = new(block.Header, id, ticket, _start.TotalWork, BlockImporter.OperandsOf(block), _importer.State);
        WriteBatch batch = new();
        WriteAncestors(batch, ancestors);
        _store.PutBlock(batch, id, block with { Certificate = block.Certificate with { Witness = default } });
        ChainStore.PutReceipts(batch, id, receipts);
        ChainStore.PutEntry(batch, new BlockEntry(position, BlockStatus.Executed));
        ChainStore.Attach(batch, id, block);
        ChainStore.WriteBase(batch, block.Header.Height);
        ChainStore.WriteHead(batch, id, _trust.FinalizedAt(block.Header, Checkpoint, new Checkpoint(0, _genesis.Id)));
        _store.Apply(batch);
        return ValidationResult.Ok;
    }

    private ValidationResult CheckBlock(Block block, IReadOnlyList<Receipt> receipts, out Hash256 ticket)
    {
        ticket = default;
        ValidationResult result = Begin(block.Header);
        BlockRules rules = new(_options.Parameters, _options.Difficulty, _genesis, _options.Time, _store, _options.SignatureScheme);
        HeaderChecks headers = new(_store, rules, _options.WorkVerifier, _trust);
        result = result.IsValid ? rules.CheckSize(block) : result;
        result = result.IsValid ? rules.CheckHeaderForm(block.Header) : result;
        result = result.IsValid ? BlockRules.CheckBody(block) : result;
        result = result.IsValid ? headers.CheckWork(block.Header, block.Certificate.PublicData, out ticket) : result;
        result = result.IsValid ? rules.CheckSeal(block.Header, block.Seal) : result;
        return !result.IsValid || Receipt.RootOf(receipts) == block.Header.ReceiptsRoot
            ? result
            : ValidationResult.Fail(ValidationCode.WrongReceiptsRoot, nameof(receipts), "The receipts are not those of the header's root.");
    }

    private ValidationResult CheckAncestors(BlockHeader header, IReadOnlyList<BlockHeader> ancestors)
    {
        ulong wanted = Math.Min(header.Height, AncestorCount);
        if ((ulong)ancestors.Count != wanted)
        {
            return Refuse($"{ancestors.Count} headers below the block instead of {wanted}.");
        }

        foreach (BlockHeader ancestor in ancestors)
        {
            if (ancestor.Id != header.ParentHash || ancestor.Height + 1 != header.Height)
            {
                return Refuse($"The header {ancestor.Id} is not the parent of {header.Id}.");
            }

            header = ancestor;
        }

        return header.Height > 0 || header.Id == _genesis.Id ? ValidationResult.Ok : Refuse("The headers lead to another genesis block.");
    }

    private void WriteAncestors(WriteBatch batch, IReadOnlyList<BlockHeader> ancestors)
    {
        foreach (BlockHeader ancestor in ancestors)
        {
            if (ancestor.Height > 0)
            {
                // Known, on the chain, and never to be executed: whatever builds on it is below what is final.
                Hash256 id = ancestor.Id;
                ChainStore.PutEntry(batch, new BlockEntry(new ChainPosition(ancestor, id, default, _start.TotalWork), BlockStatus.Stored));
                ChainStore.PutCanonical(batch, ancestor.Height, id);
            }
        }
    }

    private static ValidationResult Refuse(string message) => ValidationResult.Fail(ValidationCode.WrongCheckpoint, nameof(BlockHeader.Id), message);
}
