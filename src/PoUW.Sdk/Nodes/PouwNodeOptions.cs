using PoUW.Compute.TileWork;
using PoUW.Compute.Tolerance;
using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Headers;
using PoUW.Core.Ledger;
using PoUW.Core.Mempool;
using PoUW.Core.Orphans;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Core.Storage;
using PoUW.Core.Work;
using PoUW.Network.Discovery;
using PoUW.Network.Discovery.Rendezvous;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Sync;
using PoUW.Network.Transports;
using PoUW.Sdk.Peers;
using PoUW.Training.Auditors;
using PoUW.Training.Workers;
using PoUW.Vm.Backends;

namespace PoUW.Sdk.Nodes;

/// <summary>
/// Everything that a node needs from outside. Only <see cref="Parameters"/> and <see cref="Key"/> are required; the defaults make a node
/// that lives in memory and talks to nobody.
/// </summary>
public sealed record PouwNodeOptions
{
    /// <summary>The network to join.</summary>
    public required NetworkParameters Parameters { get; init; }

    /// <summary>The account that receives rewards and pays fees and jobs.</summary>
    public required KeyPair Key { get; init; }

    /// <summary>A name for logs and displays.</summary>
    public string Name { get; init; } = "node";

    /// <summary>What the node does besides validating.</summary>
    public NodeRoles Roles { get; init; } = NodeRoles.None;

    /// <summary>
    /// Where the chain, the journal and published states live. The node takes it over and disposes it. <see cref="NodeStore.Open"/> opens one
    /// in a file.
    /// </summary>
    public IKeyValueStore Store { get; init; } = new InMemoryKeyValueStore();

    /// <summary>
    /// When the store is checked in full before the node starts. A node that finds damage does not start; <see cref="NodeRepair"/> is the way
    /// out.
    /// </summary>
    public IntegrityCheckAtStart IntegrityCheckAtStart { get; init; } = IntegrityCheckAtStart.AfterUncleanStop;

    /// <summary>Where fetched programs, data and model states live. What the node publishes itself goes to <see cref="Store"/>.</summary>
    public IChunkStore ChunkCache { get; init; } = new InMemoryChunkStore();

    /// <summary>Carries bytes between nodes.</summary>
    public ITransport Transport { get; init; } = new InMemoryTransport(new InMemoryNetwork());

    /// <summary>Where to accept connections; null to accept none.</summary>
    public Multiaddr? Listen { get; init; }

    /// <summary>Nodes to connect to at the start, and again whenever the connection is lost.</summary>
    public IReadOnlyList<Multiaddr> Bootstrap { get; init; } = [];

    /// <summary>
    /// The key that proves the node's id to peers, which stays the caller's; it is another one than <see cref="Key"/>, which may so be kept where no
    /// stranger connects. Null for a new key, and so a new id, at every start.
    /// </summary>
    public IdentityKey? Identity { get; init; }

    /// <summary>Which peers are let in.</summary>
    public PeerAdmission Admission { get; init; } = PeerAdmission.Open;

    /// <summary>
    /// Limits of the records that bind peers to accounts. A worker or validator shows peers one that <see cref="Key"/> signs at every start.
    /// </summary>
    public StakeBindingOptions StakeBindings { get; init; } = new();

    /// <summary>What the accounts of peers are worth in gossip.</summary>
    public PeerScoreOptions PeerScores { get; init; } = new();

    /// <summary>How many connections the node looks for. Where to begin is said by <see cref="Bootstrap"/>, not here.</summary>
    public PeerDiscoveryOptions Discovery { get; init; } = new();

    /// <summary>Limits of what the node tells peers about each other.</summary>
    public RendezvousOptions Rendezvous { get; init; } = new();

    /// <summary>Limits of the address book, which is kept in <see cref="Store"/>.</summary>
    public AddressBookOptions AddressBook { get; init; } = new();

    /// <summary>Limits of the network layer.</summary>
    public NetworkOptions Network { get; init; } = new();

    /// <summary>How many blocks that nobody asked for are verified. A network with several blocks a second needs more than the default.</summary>
    public CertificateBudgetOptions Certificates { get; init; } = new();

    /// <summary>Limits of announcing, fetching and catching up.</summary>
    public SyncOptions Sync { get; init; } = new();

    /// <summary>How many gossiped blocks wait for a parent that is not known.</summary>
    public OrphanPoolOptions Orphans { get; init; } = new();

    /// <summary>Limits and rules of the pool of waiting transactions; name and clock are the node's.</summary>
    public MempoolOptions Mempool { get; init; } = new();

    /// <summary>How many blocks up to the head keep the witness of their work; older ones lose it once they are final.</summary>
    public ulong KeptWitnesses { get; init; } = 10_000;

    /// <summary>
    /// How many blocks up to the head keep their state, or as many as a lease or an audit lasts if that is more; older states go once they are
    /// final. 0 keeps all. A <see cref="Training.Ledger.LedgerView"/> that a host holds for longer can no longer be read.
    /// </summary>
    public ulong KeptStates { get; init; } = 1_024;

    /// <summary>
    /// A block that the operator trusts, so that the node can join through peers that have pruned the witnesses up to it: the work of that
    /// history is then taken on trust. A new node begins with the state of that block, if its peers still keep it and the block is high enough
    /// (<see cref="SyncOptions.SnapshotMinBlocks"/>). Null to demand every witness.
    /// </summary>
    public Checkpoint? TrustedCheckpoint { get; init; }

    /// <summary>Limits of the worker role.</summary>
    public WorkerOptions Worker { get; init; } = new();

    /// <summary>Limits of the validator role.</summary>
    public AuditorOptions Auditor { get; init; } = new();

    /// <summary>What the worker does with a unit; anything but the honest runner is a fault for experiments.</summary>
    public IUnitRunner UnitRunner { get; init; } = new HonestRunner();

    /// <summary>
    /// Makes the backend that the worker trains on and the one that the validator replays on, called once for each; null for the default one. It must give
    /// the default one's bits. The maker disposes of what it made, after the node.
    /// </summary>
    public Func<ITensorBackend>? Backend { get; init; }

    /// <summary>
    /// Trains in float, within bounds (lane T); null to take no part in that. With an engine the accounts of worker and validator enrol for its classes, and a
    /// client can submit jobs of them. A worker or validator takes no engine of more than 8 classes. The maker disposes of it, after the node.
    /// </summary>
    public IToleranceEngine? Tolerance { get; init; }

    /// <summary>True to draw tickets from training products; false to mine the commons product only. Trained bits are the same.</summary>
    public bool TicketTraining { get; init; } = true;

    /// <summary>
    /// Makes the backend that draws tickets from the worker's training products, from the backend that does the others, what to mine on, and what takes winning
    /// tickets; called once, if <see cref="TicketTraining"/>; null for the default one, on the processor. It must give the default one's bits. One that is an
    /// <see cref="ITicketCounters"/> is counted in <see cref="PouwNode.Mining"/>. The maker disposes of what it made, after the node.
    /// </summary>
    public Func<ITensorBackend, IWorkTemplateSource, ITicketSink, IUnitBackend>? TicketBackend { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Random bytes that are no consensus matter.</summary>
    public IRandomSource Random { get; init; } = new CryptographicRandomSource();

    /// <summary>Starts background work.</summary>
    public ISpawner Spawner { get; init; } = new ThreadPoolSpawner();

    /// <summary>Hears what goes wrong.</summary>
    public INodeObserver Observer { get; init; } = new NullNodeObserver();

    /// <summary>
    /// A network of one node, for trying things out: one-second blocks from now on, all roles, everything in memory, a million coins and a
    /// stake for the key. With one account nobody is there to audit its work, so jobs on such a network ask for no audits.
    /// </summary>
    public static PouwNodeOptions Development(KeyPair key, TimeProvider? time = null)
    {
        TimeProvider clock = time ?? TimeProvider.System;
        return new PouwNodeOptions
        {
            Parameters = NetworkParameters.Development with
            {
                GenesisTimeMilliseconds = (ulong)clock.GetUtcNow().ToUnixTimeMilliseconds(),
                Allocations = [new GenesisAllocation(key.Address, Amount.FromCoins(1_000_000))],
                Stakes = [new GenesisStake(key.Address, Amount.FromCoins(1_000), StakeRoles.Worker | StakeRoles.Validator)],
            },
            Key = key,
            Roles = NodeRoles.Client | NodeRoles.Worker | NodeRoles.Validator,
            Time = clock,
        };
    }
}
