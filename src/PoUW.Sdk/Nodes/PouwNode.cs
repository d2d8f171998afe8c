using PoUW.Compute.Backends;
using PoUW.Compute.TileWork;
using PoUW.Core.Archive;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Mempool;
using PoUW.Core.Orphans;
using PoUW.Core.Primitives;
using PoUW.Core.Signing;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Economics.Staking;
using PoUW.Economics.TileWork;
using PoUW.Network.Chunks;
using PoUW.Network.Discovery;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Sync;
using PoUW.Sdk.Jobs;
using PoUW.Sdk.Mining;
using PoUW.Sdk.Peers;
using PoUW.Sdk.Sync;
using PoUW.Sdk.Voting;
using PoUW.Training.Auditors;
using PoUW.Training.Execution;
using PoUW.Training.Journal;
using PoUW.Training.Ledger;
using PoUW.Training.Workers;
using PoUW.Vm.Backends;

namespace PoUW.Sdk.Nodes;

/// <summary>
/// A node: validates every block, relays, and does what its roles say. Several nodes may live in one process; they share nothing but
/// what their options pass to both. Members may be called from any thread. Dispose it to stop it: all that it started has ended then.
/// </summary>
public sealed class PouwNode : IAsyncDisposable
{
    private readonly PouwNodeOptions _options;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TransactionPool _pool;
    private readonly NetworkNode _network;
    private readonly ConnectedAccounts _scores;
    private readonly PeerDiscovery _discovery;
    private readonly BlockProducer _producer;
    private readonly LedgerSync _sync;
    private readonly NodeLedger _ledger;
    private readonly JobLoader _loader;
    private readonly JobSubmitter _submitter;
    private readonly WorkerService? _worker;
    private ITicketCounters? _tickets;
    private CommonsMiner? _commons;
    private readonly AuditorService? _auditor;
    private readonly CheckpointVoter? _voter;
    private Task _roleLoops = Task.CompletedTask;
    private MempoolJournal? _journal;
    private IdentityKey? _ownIdentity;
    private bool _disposed;

    private PouwNode(PouwNodeOptions options, ReadOnlyMemory<byte> binding)
    {
        _options = options;
        LeaseView leases = new(options.Parameters);
        BlockChainOptions chain = NodeChain.OptionsOf(options, leases);
        Chain = new BlockChain(chain);
        _pool = new TransactionPool(Chain, options.Mempool with { Node = options.Name, Time = options.Time });
        StakeVouching vouching = new(Chain, chain.SignatureScheme, options.Time, options.StakeBindings);
        IPeerAuthorizer authorizer = NodeAdmission.Of(options, Chain);
        _network = CreateNetwork(options, Chain.Genesis.Id, authorizer, vouching.ToStake(binding));
        _scores = Score(_network, options);
        _discovery = NodeDiscovery.Create(_network, options, authorizer);
        _producer = new BlockProducer(Chain, leases, _pool, options.Key, options.Time, block => _sync!.Publish(block));
        CertificateBudget<PeerId> budget = new(options.Certificates, options.Time);
        _sync = new LedgerSync(
            Chain, _pool, _network, new OrphanPool<PeerId>(Chain, options.Orphans with { Node = options.Name }, budget.TryTake, options.Time),
            budget.TryTake, options.Sync, options.Time, options.Spawner, message => options.Observer.Warn(options.Name, message), _stopping.Token);
        _sync.TransactionAdmitted += _ => _producer.Invalidate();
        _ledger = new NodeLedger(Chain, _pool, OnAdmitted);
        ChunkExchange exchange = new(_network, new KeyValueChunkStore(options.Store), options.ChunkCache);
        _loader = new JobLoader(exchange, new BlobTransfer(exchange), options.Worker.VmLimits);
        AccountSender sender = new(options.Key, _ledger);
        JobJournal journal = new(options.Store);
        _submitter = new JobSubmitter(sender, _ledger, _loader, options.Tolerance, options.Worker.VmLimits, () => Chain.Head.Header.Bits);
        if (options.Roles.HasFlag(NodeRoles.Worker))
        {
            _worker = CreateWorker(sender, journal);
        }

        if (options.Roles.HasFlag(NodeRoles.Validator))
        {
            _auditor = CreateAuditor(sender, journal);
            _voter = new CheckpointVoter(
                sender, _ledger, options.Store, point => Chain.GetHeader(point.Id)?.TimestampMs, message => options.Observer.Warn(options.Name, message));
            EquivocationWatch watch = new(sender, _ledger, chain.SignatureScheme, message => options.Observer.Warn(options.Name, message));
            _sync.BlockAccepted += watch.Observe;
            _sync.TransactionAdmitted += watch.Observe;
        }

        Chain.Subscribe(_pool);
        Chain.Subscribe(_producer);
        Chain.Subscribe(_ledger);
        Chain.Subscribe(_scores);
        Chain.Subscribe(new ChainPruning(Chain, message => options.Observer.Warn(options.Name, message)));
    }

    /// <summary>The node's name.</summary>
    public string Name => _options.Name;

    /// <summary>The node's account.</summary>
    public Address Address => _options.Key.Address;

    /// <summary>The node's chain.</summary>
    public BlockChain Chain { get; }

    /// <summary>What the worker role is doing; null without that role.</summary>
    public WorkerStatus? Worker => _worker?.Status;

    /// <summary>What the node has mined.</summary>
    public MiningStatus Mining => new(
        _producer.BlocksProduced, _producer.BoundBlocksProduced, (_tickets?.TicketsDrawn ?? 0) + (_commons?.TicketsDrawn ?? 0),
        _tickets?.TicketsDrawn ?? 0, _tickets?.BoundTicketsDrawn ?? 0);

    /// <summary>What the audit part of the validator role is doing; null without that role.</summary>
    public AuditorStatus? Auditor => _auditor?.Status;

    /// <summary>How far the node has caught up with its peers.</summary>
    public SyncStatus Sync => _sync.Status;

    /// <summary>The node's id in the network.</summary>
    public PeerId PeerId => _network.Id;

    /// <summary>Peers that the node is connected to.</summary>
    public IReadOnlyList<PeerDescription> Peers => _network.Peers;

    /// <summary>Where the node accepts connections, with the port that the system picked and the node's id; for the bootstrap lists of others.</summary>
    public IReadOnlyList<Multiaddr> ListenAddresses { get; private set; } = [];

    /// <summary>The state after the head.</summary>
    public LedgerView View => _ledger.View;

    /// <summary>
    /// Opens the store, listens, connects, and starts the roles. A new node with a trusted checkpoint first fetches the state of that block from
    /// its bootstrap nodes, which takes its time.
    /// </summary>
    /// <exception cref="PoUW.Core.PouwException">The store is damaged, or it, the address or a bootstrap node cannot be used.</exception>
    /// <exception cref="ArgumentException">
    /// A worker or validator has an engine of more than <see cref="StakePayload.MaxToleranceClasses"/> classes (<see cref="PouwNodeOptions.Tolerance"/>).
    /// </exception>
    public static async Task<PouwNode> StartAsync(PouwNodeOptions options, CancellationToken cancellation = default)
    {
        PouwNode node = await CreateAsync(options, cancellation);
        try
        {
            await node.OpenAsync(cancellation);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects to another node.</summary>
    public async Task<ConnectResult> ConnectAsync(Multiaddr address, CancellationToken cancellation = default) =>
        await _network.ConnectAsync(address, cancellation);

    /// <summary>Admits a transaction to the pool and gossips it.</summary>
    public ValidationResult Submit(Transaction transaction) => _ledger.Submit(transaction);

    /// <summary>A task that ends when the head is no longer the one of <paramref name="view"/>.</summary>
    public Task WaitForChangeAsync(LedgerView view, CancellationToken cancellation = default) =>
        _ledger.WaitForChangeAsync(view.Version, cancellation);

    /// <summary>Compiles the model, publishes program and data, and submits the job. Needs the role <see cref="NodeRoles.Client"/>.</summary>
    /// <exception cref="SubmissionException">The request breaks a rule or the account cannot pay.</exception>
    public Task<TrainingJob> SubmitJobAsync(TrainingRequest request)
    {
        RequireClient();
        return _submitter.SubmitAsync(request);
    }

    /// <summary>
    /// Tries the program on the node's engine (<see cref="PouwNodeOptions.Tolerance"/>), publishes it and the data, and submits the job of lane T. Needs the role
    /// <see cref="NodeRoles.Client"/>.
    /// </summary>
    /// <exception cref="SubmissionException">The request breaks a rule, the engine cannot train it, or the account cannot pay.</exception>
    public Task<ToleranceJob> SubmitJobAsync(ToleranceRequest request)
    {
        RequireClient();
        return _submitter.SubmitAsync(request);
    }

    /// <summary>Asks the network to end a job after its current round.</summary>
    public ValidationResult CloseJob(Hash256 jobId) => _submitter.Close(jobId);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _stopping.CancelAsync();
        try
        {
            await _roleLoops;
        }
        finally
        {
            // A role that failed must not keep the network and the store open. Discovery would dial whom the network lets go.
            await _discovery.DisposeAsync();
            await _network.DisposeAsync();
            await _sync.StopAsync();
            _journal?.Dispose();
            _options.Store.Dispose();
            _ownIdentity?.Dispose();
            _stopping.Dispose();
        }
    }

    private static async Task<PouwNode> CreateAsync(PouwNodeOptions options, CancellationToken cancellation)
    {
        IdentityKey? own = options.Identity is null ? IdentityKey.Generate(options.Random) : null;
        PouwNodeOptions known = options with { Identity = options.Identity ?? own };
        try
        {
            RequireClasses(known);
            StartCheck.Run(known, cancellation);
            BlockChainOptions chain = NodeChain.OptionsOf(known, new LeaseView(known.Parameters));
            Hash256 genesis = ChainRebuild.GenesisOf(chain);
            await SnapshotStart.RunAsync(known, chain, () => CreateNetwork(known, genesis, new OpenPeerAuthorizer(), NodeStake.None), cancellation);
            return new PouwNode(known, await BindAsync(known, genesis, cancellation)) { _ownIdentity = own };
        }
        catch
        {
            // The node has taken the store over; left open, it would be locked against a repair.
            own?.Dispose();
            options.Store.Dispose();
            throw;
        }
    }

    /// <summary>An account cannot enrol for more classes than a stake holds, and would be left without any stake.</summary>
    private static void RequireClasses(PouwNodeOptions options)
    {
        int classes = options.Tolerance?.Classes.Select(static known => known.Id).Distinct().Count() ?? 0;
        if (classes > StakePayload.MaxToleranceClasses && (options.Roles & (NodeRoles.Worker | NodeRoles.Validator)) != NodeRoles.None)
        {
            throw new ArgumentException(
                $"{nameof(options.Tolerance)} has {classes} classes; the account of a worker or validator enrols for at most {StakePayload.MaxToleranceClasses}.",
                nameof(options));
        }
    }

    /// <summary>Only nodes whose account may have stake name it: who takes no part keeps it to itself.</summary>
    private static async Task<ReadOnlyMemory<byte>> BindAsync(PouwNodeOptions options, Hash256 genesis, CancellationToken cancellation) =>
        (options.Roles & (NodeRoles.Worker | NodeRoles.Validator)) == NodeRoles.None
            ? ReadOnlyMemory<byte>.Empty
            : await StakeVouching.SignAsync(
                new KeyPairSigner(options.Key), genesis, options.Identity!.Id, options.Time, options.StakeBindings, cancellation);

    private static NetworkNode CreateNetwork(PouwNodeOptions options, Hash256 genesis, IPeerAuthorizer authorizer, NodeStake stake) => new(
        options.Transport, genesis, options.Network, options.Time, options.Spawner, options.Random, authorizer,
        new NetworkWarnings(options.Name, options.Observer), options.Identity, stake);

    private ConnectedAccounts Score(NetworkNode network, PouwNodeOptions options)
    {
        ConnectedAccounts scores = new(Chain, options.PeerScores, options.Time);
        network.PeerConnected += scores.Add;
        network.PeerDisconnected += (peer, _) => scores.Remove(peer);
        network.ApplicationScore = scores.Of;
        return scores;
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        _journal = MempoolJournal.Open(_options.Store, Chain, _pool);
        if (_options.Listen is { } address)
        {
            ListenAddresses = [(await _network.ListenAsync(address, cancellation)).WithPeer(_network.Id)];
        }

        // All at once: a few that are away must not add up their timeouts.
        await Task.WhenAll(_options.Bootstrap.Select(peer => BootstrapAsync(peer, cancellation)));
        _discovery.Start();
        List<Task> loops = [];
        if (_worker is not null)
        {
            loops.Add(_options.Spawner.Spawn("pouw-worker", () => RunRoleAsync("worker", _worker.RunAsync)));
        }

        if (_auditor is not null && _voter is not null)
        {
            loops.Add(_options.Spawner.Spawn("pouw-auditor", () => RunRoleAsync("auditor", _auditor.RunAsync)));
            loops.Add(_options.Spawner.Spawn("pouw-voter", () => RunRoleAsync("voter", _voter.RunAsync)));
        }

        _roleLoops = Task.WhenAll(loops);
    }

    private async Task BootstrapAsync(Multiaddr peer, CancellationToken cancellation)
    {
        ConnectResult result = await _network.ConnectAsync(peer, cancellation);
        if (!result.IsConnected)
        {
            _options.Observer.Warn(Name, $"no connection to {peer}: {result.Reason}");
        }
    }

    private async Task RunRoleAsync(string role, Func<CancellationToken, Task> run)
    {
        try
        {
            await run(_stopping.Token);
        }
        catch (Exception failure)
        {
            // Told at once, since nobody awaits the loop before the node is disposed, which throws it again.
            _options.Observer.Warn(Name, $"the {role} stopped: {failure.Message}");
            throw;
        }
    }

    private void RequireClient()
    {
        if (!_options.Roles.HasFlag(NodeRoles.Client))
        {
            throw new InvalidOperationException($"Node {Name} does not have the client role.");
        }
    }

    private ITensorBackend CreateBackend() => _options.Backend?.Invoke() ?? new CpuBackend();

    private WorkerService CreateWorker(AccountSender sender, JobJournal journal)
    {
        ITensorBackend plain = CreateBackend();
        _commons = new CommonsMiner(_options.Parameters.Commons, _producer, _producer);
        CommonsWork idle = new(_commons);
        IWorkTemplateSource templates = _options.Worker.KeepToSchedule ? new PacedWork(_producer, idle, _stopping.Token) : _producer;
        ITensorBackend backend = plain;
        if (_options.TicketTraining)
        {
            backend = _options.TicketBackend?.Invoke(plain, templates, _producer) ?? new TileWorkBackend(plain, templates, _producer);
            _tickets = backend as ITicketCounters;
        }

        // Without tickets there is nothing to wait for.
        WorkerOptions limits = _options.Worker with
        {
            ScheduleWaitBlocks = _options.TicketTraining ? _options.Worker.ScheduleWaitBlocks : 0,
            Tolerance = _options.Tolerance,
        };
        return new WorkerService(
            sender, _ledger, _loader, journal, backend, _options.UnitRunner, idle, _options.Spawner,
            new RoleWarnings(Name, _options.Observer), limits, _options.Time);
    }

    private AuditorService CreateAuditor(AccountSender sender, JobJournal journal) => new(
        sender, _ledger, _loader, journal, CreateBackend(), _options.Random, _options.Spawner, new RoleWarnings(Name, _options.Observer),
        _options.Auditor with { Tolerance = _options.Tolerance });

    private void OnAdmitted(Transaction transaction)
    {
        _producer.Invalidate();
        _sync.Publish(transaction);
    }
}
