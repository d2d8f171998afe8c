using PoUW.Core.Cryptography;
using PoUW.Core.Headers;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;
using PoUW.Sdk.Nodes;
using PoUW.Simulation.Faults;
using PoUW.Storage.Sqlite;
using PoUW.Training.Auditors;
using PoUW.Training.Workers;

namespace TrainOnNetwork;

/// <summary>
/// The nodes of the sample: one client, the validators, the workers. Each has its own SQLite store and its own end of an in-memory
/// transport that carries bytes; nothing else is shared but the clock.
/// </summary>
internal sealed class SampleNetwork : IAsyncDisposable
{
    // A worker that restarts just after it committed must have the time to come back before its state counts as withheld.
    private const int FetchAttempts = 40;

    private readonly TrainOptions _options;
    private readonly Warnings _warnings;
    private readonly InMemoryTransport _transport = new(new InMemoryNetwork());
    private readonly List<Member> _members;

    private SampleNetwork(TrainOptions options, Warnings warnings)
    {
        (_options, _warnings) = (options, warnings);
        _members = [.. CreateMembers(options)];
        Parameters = NetworkParameters.Development with
        {
            Name = "train-on-network",
            BlockTimeMilliseconds = 250,
            GenesisTicketsPerBlock = 25_000,

            // Counted in short blocks, these have to leave time to nine nodes on two cores.
            LeaseBlocks = 400,
            AuditCommitBlocks = 80,
            AuditRevealBlocks = 80,
            UnbondingBlocks = 1_000,
            GenesisTimeMilliseconds = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
            Allocations = [.. _members.Select(member => new GenesisAllocation(member.Key.Address, Amount.FromCoins(member.Funds)))],
            Stakes =
            [
                .. _members.Where(member => member.Roles.HasFlag(NodeRoles.Validator))
                    .Select(member => new GenesisStake(member.Key.Address, Amount.FromCoins(200), StakeRoles.Validator)),
            ],
        };
    }

    public NetworkParameters Parameters { get; }

    public List<PouwNode> Nodes { get; } = [];

    public List<NodeRestarted> Restarts { get; } = [];

    public PouwNode Client => Nodes[0];

    public IEnumerable<PouwNode> Workers => Nodes.Where(node => node.Worker is not null);

    public IEnumerable<PouwNode> Validators => Nodes.Where(node => node.Auditor is not null);

    /// <summary>The name of the node behind an address, or the address.</summary>
    public string NameOf(Address address) => _members.Find(member => member.Key.Address == address)?.Name ?? address.ToString();

    public bool IsLiar(PouwNode node) => _members.Find(member => member.Name == node.Name)!.Lies;

    public static async Task<SampleNetwork> StartAsync(TrainOptions options, Warnings warnings, CancellationToken cancellation)
    {
        SampleNetwork network = new(options, warnings);
        try
        {
            foreach (Member member in network._members)
            {
                // Every run is a chain of its own; what an earlier run left here belongs to another genesis.
                SqliteKeyValueStore.Delete(network.PathOf(member));
                network.Nodes.Add(await network.StartAsync(member, cancellation));
            }

            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops a node, as a crash of its machine would, and starts it again from its store; it catches up with the others.</summary>
    public async Task RestartAsync(PouwNode node, CancellationToken cancellation)
    {
        int index = Nodes.IndexOf(node);
        ulong down = node.Chain.Head.Height;
        await node.DisposeAsync();
        PouwNode again = await StartAsync(_members[index], cancellation);
        Nodes[index] = again;
        ulong target = Nodes.Where(other => other != again).Min(other => other.Chain.Head.Height);
        while (again.View is { } view && view.Height < target)
        {
            await again.WaitForChangeAsync(view, cancellation);
        }

        Restarts.Add(new NodeRestarted(node.Name, down, again.View.Height));
    }

    public async ValueTask DisposeAsync()
    {
        // All at once and all of them, even if one has failed: its exception comes when the others have stopped.
        await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask()));
    }

    private Task<PouwNode> StartAsync(Member member, CancellationToken cancellation) => PouwNode.StartAsync(
        new PouwNodeOptions
        {
            Parameters = Parameters,
            Key = member.Key,
            Name = member.Name,
            Roles = member.Roles,
            Store = new SqliteKeyValueStore(PathOf(member)),
            Transport = _transport,
            Listen = Multiaddr.Memory(member.Name),
            Bootstrap = [.. Nodes.Where(node => node.Name != member.Name).Select(node => Multiaddr.Memory(node.Name))],
            TicketTraining = !_options.NoTickets,

            // Four blocks a second come in bursts, and one node may find all of them.
            Certificates = new CertificateBudgetOptions { PerSecondAndPeer = 20 },
            Auditor = new AuditorOptions { FetchAttempts = FetchAttempts },
            UnitRunner = member.Lies ? new LyingRunner(_options.Lie, _options.Seed) : new HonestRunner(),
            Observer = _warnings,
        },
        cancellation);

    private static IEnumerable<Member> CreateMembers(TrainOptions options)
    {
        yield return Create(options, "client", NodeRoles.Client, 1_000_000, lies: false);
        for (int i = 1; i <= TrainOptions.Validators; i++)
        {
            yield return Create(options, $"validator-{i}", NodeRoles.Validator, 10, lies: false);
        }

        for (int i = 0; i < options.Workers; i++)
        {
            // Which workers lie is fixed by the seed.
            bool lies = ((ulong)i + options.Seed) % (ulong)options.Workers < (ulong)options.Liars;
            yield return Create(options, $"worker-{i + 1}", NodeRoles.Worker, 40, lies);
        }
    }

    private static Member Create(TrainOptions options, string name, NodeRoles roles, ulong funds, bool lies) =>
        new(name, KeyPair.Generate(new SeededRandomSource(options.Seed, name)), roles, funds, lies);

    private string PathOf(Member member) => Path.Combine(_options.Out.FullName, "nodes", member.Name + ".db");

    private sealed record Member(string Name, KeyPair Key, NodeRoles Roles, ulong Funds, bool Lies);
}
