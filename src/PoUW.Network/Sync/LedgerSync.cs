using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Mempool;
using PoUW.Core.Orphans;
using PoUW.Core.Runtime;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Requests;

namespace PoUW.Network.Sync;

/// <summary>
/// Carries blocks and transactions between a chain with its pool and the network: announces, fetches, catches up, and serves what peers ask for
/// (docs/network.md). Every block is validated in full before it is passed on. Peers are not trusted: all that they send is bounded by the
/// options, and what no honest peer sends counts against them. Members may be called from any thread.
/// </summary>
public sealed class LedgerSync
{
    private readonly SyncTasks _tasks;
    private readonly ChainSync _chainSync;
    private readonly BlockGossip _blocks;
    private readonly TransactionGossip _transactions;
    private readonly ImportedBlocks _imports;

    /// <summary>Connects a chain with a node, before the node listens or dials.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="pool">Its pool.</param>
    /// <param name="node">The node; no other sync may be on it.</param>
    /// <param name="orphans">Keeps small blocks that came whole before their parent.</param>
    /// <param name="admitCertificate">
    /// Whether a peer may cause the verification of a certificate that nobody asked for; those that were asked for are all verified.
    /// </param>
    /// <param name="options">The limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="spawner">Starts all background work.</param>
    /// <param name="warn">Hears what the sync survives; from any thread, must not throw.</param>
    /// <param name="stopping">Ends everything.</param>
    /// <exception cref="ArgumentException">The options break a rule of <see cref="SyncOptions.Validate"/>.</exception>
    public LedgerSync(
        BlockChain chain, TransactionPool pool, NetworkNode node, OrphanPool<PeerId> orphans, Func<PeerId, bool> admitCertificate, SyncOptions options,
        TimeProvider time, ISpawner spawner, Action<string> warn, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(options);
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        SyncNetwork network = new(node, stopping);
        ServeBudget budget = new(options.ServedBytesPerSecond, options.TotalServedBytesPerSecond, time);
        ServeBudget urgent = new(options.UrgentBytesPerSecond, null, time);

        // No peer waits for places of others.
        HeaderIntakeOptions headers = options.Headers with { MaxPeers = Math.Max(options.Headers.MaxPeers, node.Options.Host.MaxPeers) };
        HeaderIntake<PeerId> intake = new(chain, headers, time);
        _tasks = new SyncTasks(spawner, warn, stopping);
        _imports = new ImportedBlocks(time);
        _ = new SyncServer(chain, pool, network, options, budget, urgent);
        _ = new SnapshotServer(chain, network, options, budget, time, _tasks);
        _transactions = new TransactionGossip(chain, pool, network, options, time, _tasks, transaction => TransactionAdmitted?.Invoke(transaction));
        _chainSync = new ChainSync(chain, intake, network, options, time, _tasks, warn, OnFetched, OnIdle);
        _blocks = new BlockGossip(
            chain, intake, orphans, admitCertificate, network, options, time, _imports, _chainSync.Ask, OnImported);
    }

    /// <summary>Raised for every block that the chain accepted from a peer, on whatever branch. Must return soon.</summary>
    public event Action<Block>? BlockAccepted;

    /// <summary>Raised for every transaction that the pool admitted from a peer. Must return soon.</summary>
    public event Action<Transaction>? TransactionAdmitted;

    /// <summary>How far the sync is.</summary>
    public SyncStatus Status => _chainSync.Status;

    /// <summary>Announces a block of this node.</summary>
    public void Publish(Block block) => _tasks.Run("block announcement", () => _blocks.PublishAsync(block));

    /// <summary>Gossips a transaction that the pool admitted.</summary>
    public void Publish(Transaction transaction) => _tasks.Run("transaction gossip", () => _transactions.PublishAsync(transaction));

    /// <summary>Waits for all work under way, which uses chain and pool. Called once, after cancellation: nothing starts from then on.</summary>
    public Task StopAsync() => _tasks.StopAsync();

    /// <summary>A block of the sync; what waited for it is imported, too.</summary>
    private void OnFetched(Block block, ValidationResult result)
    {
        OnImported(block, result);
        _blocks.Connect(block.Id);
    }

    private void OnImported(Block block, ValidationResult result)
    {
        _imports.Tell(block.Id);
        if (result.IsValid)
        {
            BlockAccepted?.Invoke(block);
        }
    }

    /// <summary>
    /// Nothing is missing: now transactions of other pools can be judged. Not those of a peer whose headers are on their way, which may show that
    /// much is missing; its turn is after them.
    /// </summary>
    private void OnIdle()
    {
        List<PeerId> peers = [];
        lock (_chainSync.Peers.Gate)
        {
            foreach (SyncPeer peer in _chainSync.Peers.All.Where(static peer => peer is { WasAskedForPool: false, IsAsking: false }))
            {
                peer.WasAskedForPool = true;
                peers.Add(peer.Id);
            }
        }

        foreach (PeerId peer in peers)
        {
            _tasks.Run("pool exchange", () => _transactions.ExchangeAsync(peer));
        }
    }
}
