using System.Net;
using PoUW.Core.Headers;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;
using PoUW.Sdk.Nodes;
using PoUW.Simulation.Faults;
using PoUW.Storage.Sqlite;
using PoUW.Training.Auditors;
using PoUW.Training.Workers;
using Samples.Shared.Jobs;

namespace TrainOnNetwork;

/// <summary>
/// The nodes of the sample: one client, the validators, the workers. Each has its own SQLite store and its own end of a transport that carries
/// bytes, TCP on loopback or in memory; nothing else is shared but the clock.
/// </summary>
internal sealed class SampleNetwork : IAsyncDisposable
{
    // A worker that restarts just after it committed must have the time to come back before its state counts as withheld.
    private const int FetchAttempts = 40;

    private const ulong BlockTimeMilliseconds = 250;

    private readonly TrainOptions _options;
    private readonly Warnings _warnings;
    private readonly ITransport _transport;
    private readonly List<SampleMember> _members;

    private SampleNetwork(TrainOptions options, Warnings warnings)
    {
        (_options, _warnings) = (options, warnings);
        _transport = options.Tcp ? new TcpTransport() : new InMemoryTransport(new InMemoryNetwork());
        _members = [.. SampleMember.Create(options.Seed, TrainOptions.Validators, options.Workers)];
        Parameters = SampleParameters.Create("train-on-network", BlockTimeMilliseconds, _members);
    }

    public NetworkParameters Parameters { get; }

    public List<PouwNode> Nodes { get; } = [];

    public List<NodeRestarted> Restarts { get; } = [];

    public PouwNode Client => Nodes[0];

    public IEnumerable<PouwNode> Workers => Nodes.Where(node => node.Worker is not null);

    public IEnumerable<PouwNode> Validators => Nodes.Where(node => node.Auditor is not null);

    /// <summary>The name of the node behind an address, or the address.</summary>
    public string NameOf(Address address) => _members.Find(member => member.Key.Address == address)?.Name ?? address.ToString();

    public bool IsLiar(PouwNode node) => Lies(_members.Find(member => member.Name == node.Name)!);

    public static async Task<SampleNetwork> StartAsync(TrainOptions options, Warnings warnings, CancellationToken cancellation)
    {
        SampleNetwork network = new(options, warnings);
        try
        {
            foreach (SampleMember member in network._members)
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

    private Task<PouwNode> StartAsync(SampleMember member, CancellationToken cancellation) => PouwNode.StartAsync(
        new PouwNodeOptions
        {
            Parameters = Parameters,
            Key = member.Key,
            Name = member.Name,
            Roles = member.Roles,
            Store = new SqliteKeyValueStore(PathOf(member)),
            Transport = _transport,
            Listen = ListenAddressOf(member),
            Bootstrap = [.. Nodes.Where(node => node.Name != member.Name).SelectMany(static node => node.ListenAddresses)],
            TicketTraining = !_options.NoTickets,

            // Four blocks a second come in bursts, and one node may find all of them.
            Certificates = new CertificateBudgetOptions { PerSecondAndPeer = 20 },
            Auditor = new AuditorOptions { FetchAttempts = FetchAttempts },
            UnitRunner = Lies(member) ? new LyingRunner(_options.Lie, _options.Seed) : new HonestRunner(),
            Observer = _warnings,
        },
        cancellation);

    // Which workers lie is fixed by the seed.
    private bool Lies(SampleMember member)
    {
        int worker = _members.IndexOf(member) - 1 - TrainOptions.Validators;
        return worker >= 0 && ((ulong)worker + _options.Seed) % (ulong)_options.Workers < (ulong)_options.Liars;
    }

    // Over TCP the system picks the port, so that several runs fit on one machine.
    private Multiaddr ListenAddressOf(SampleMember member) => _options.Tcp ? Multiaddr.Tcp(new IPEndPoint(IPAddress.Loopback, 0)) : Multiaddr.Memory(member.Name);

    private string PathOf(SampleMember member) => Path.Combine(_options.Out.FullName, "nodes", member.Name + ".db");
}
