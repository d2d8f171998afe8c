using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.TileWork;
using PoUW.Compute.Tolerance;
using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Core.Work;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;
using PoUW.Sdk.Jobs;
using PoUW.Sdk.Nodes;
using PoUW.Training.Workers;
using PoUW.Vm.Backends;

namespace PoUW.Sdk.Tests.Nodes;

/// <summary>A few production nodes in this process: a client, workers, validators, over the in-memory transport.</summary>
internal sealed class TestNetwork : IAsyncDisposable
{
    private readonly InMemoryTransport _transport = new(new InMemoryNetwork());

    private TestNetwork(NetworkParameters parameters) => Parameters = parameters;

    public NetworkParameters Parameters { get; }

    public List<PouwNode> Nodes { get; } = [];

    public PouwNode Client => Nodes[0];

    public RecordingObserver Observer { get; } = new();

    public static KeyPair Key(string name) => KeyPair.Generate(new SeededRandomSource(42, name));

    public static async Task<TestNetwork> StartAsync(
        int workers, int validators = 0, bool tickets = true, IUnitRunner? liar = null, Func<string, IKeyValueStore>? stores = null,
        Func<ITensorBackend, IWorkTemplateSource, ITicketSink, IUnitBackend>? ticketBackend = null, Func<string, IToleranceEngine?>? tolerance = null)
    {
        List<string> names = ["client", .. Enumerable.Range(1, workers).Select(i => $"worker-{i}"), .. Enumerable.Range(1, validators).Select(i => $"validator-{i}")];
        TestNetwork network = new(NetworkParameters.Development with
        {
            GenesisTimeMilliseconds = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
            BlockTimeMilliseconds = 200,
            GenesisTicketsPerBlock = 10_000,
            LeaseBlocks = 600,
            AuditCommitBlocks = 100,
            AuditRevealBlocks = 100,
            UnbondingBlocks = 1_000,
            EpochBlocks = 4,
            Allocations = [.. names.Select(name => new GenesisAllocation(Key(name).Address, Amount.FromCoins(1_000)))],
            Stakes =
            [
                .. names.Where(IsValidator).Select(name => new GenesisStake(Key(name).Address, Amount.FromCoins(200), StakeRoles.Validator)),
                .. names.Where(IsWorker).Select(name => new GenesisStake(Key(name).Address, Amount.FromCoins(50), StakeRoles.Worker)),
            ],
        });
        foreach (string name in names)
        {
            NodeRoles roles = name == "client" ? NodeRoles.Client : IsValidator(name) ? NodeRoles.Validator : NodeRoles.Worker;
            await network.AddAsync(name, roles, stores?.Invoke(name), tickets, name == "worker-1" ? liar : null, ticketBackend: ticketBackend, tolerance: tolerance?.Invoke(name));
        }

        return network;
    }

    public async Task<PouwNode> AddAsync(
        string name, NodeRoles roles, IKeyValueStore? store = null, bool tickets = true, IUnitRunner? runner = null,
        string? keyOf = null, Func<ITensorBackend, IWorkTemplateSource, ITicketSink, IUnitBackend>? ticketBackend = null, IToleranceEngine? tolerance = null)
    {
        PouwNode node = await PouwNode.StartAsync(new PouwNodeOptions
        {
            Parameters = Parameters,
            Key = Key(keyOf ?? name),
            Name = name,
            Roles = roles,
            Store = store ?? new InMemoryKeyValueStore(),
            Transport = _transport,
            Listen = Multiaddr.Memory(name),
            Bootstrap = [.. Nodes.Select(other => Multiaddr.Memory(other.Name))],
            TicketTraining = tickets,
            TicketBackend = ticketBackend,
            Tolerance = tolerance,
            UnitRunner = runner ?? new HonestRunner(),
            Observer = Observer,
        });
        Nodes.Add(node);
        return node;
    }

    public static Dataset Data { get; } = SyntheticImages.Create(classes: 4, count: 1_200, side: 28, seed: 5);

    public static TrainingRequest Request(int steps = 10, bool audited = false) => new()
    {
        Name = "test",
        Model = new TrainingSpec
        {
            Model = new Sequential(
                ("flatten", new Flatten()), ("fc1", new Linear(784, 32, bias: false)), ("relu", new ReLU()), ("fc2", new Linear(32, 4, bias: false))),
            Input = new ImageInput(1, 28, 28),
            Optimiser = new IntegerMomentum(IntegerRateSchedule.Constant(12)),
            BatchSize = 512,
        },
        Data = Data,
        Seed = 3,
        Steps = steps,
        StepsPerUnit = 2,
        UnitsPerRound = 2,
        UnitPrice = Amount.FromBaseUnits(1_000_003),
        AuditRateBasisPoints = audited ? 10_000UL : 0,
        AuditFee = Amount.FromBaseUnits(1_000),
        Escrow = Amount.FromBaseUnits(20_000_000),
    };

    /// <summary>A job whose leases back bound tickets, of a model with products that are large enough for a bonus.</summary>
    public static TrainingRequest WorkRequest(int steps) => Request(steps, audited: true) with
    {
        Model = new TrainingSpec
        {
            Model = new Sequential(
                ("flatten", new Flatten()), ("fc1", new Linear(784, 256, bias: false)), ("relu", new ReLU()), ("fc2", new Linear(256, 4, bias: false))),
            Input = new ImageInput(1, 28, 28),
            Optimiser = new IntegerMomentum(IntegerRateSchedule.Constant(12)),
            BatchSize = 512,
        },
        WorkMacsPerSecond = 10_000_000_000,
        WorkBudget = Amount.FromCoins(50),
    };

    private static bool IsValidator(string name) => name.StartsWith("validator", StringComparison.Ordinal);

    private static bool IsWorker(string name) => name.StartsWith("worker", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        foreach (PouwNode node in Nodes)
        {
            await node.DisposeAsync();
        }
    }
}
