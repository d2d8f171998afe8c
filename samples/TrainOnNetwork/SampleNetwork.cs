using PoUW.Core.Cryptography;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Network.Transports;
using PoUW.Sdk.Nodes;
using PoUW.Storage.Sqlite;

namespace TrainOnNetwork;

/// <summary>
/// The nodes of the sample: one client, the workers, the validators. Each has its own SQLite store and its own end of an in-memory
/// transport that carries bytes; nothing else is shared but the clock.
/// </summary>
internal sealed class SampleNetwork : IAsyncDisposable
{
    private SampleNetwork(NetworkParameters parameters) => Parameters = parameters;

    public NetworkParameters Parameters { get; }

    public List<PouwNode> Nodes { get; } = [];

    public PouwNode Client => Nodes[0];

    public IEnumerable<PouwNode> Workers => Nodes.Where(node => node.Worker is not null);

    /// <summary>The name of the node behind an address, or the address.</summary>
    public string NameOf(Address address) => Nodes.Find(node => node.Address == address)?.Name ?? address.ToString();

    public static async Task<SampleNetwork> StartAsync(TrainOptions options, Warnings warnings, CancellationToken cancellation)
    {
        InMemoryTransport transport = new(new InMemoryNetwork());
        List<(string Name, KeyPair Key, NodeRoles Roles)> members = [.. Members(options)];
        NetworkParameters parameters = NetworkParameters.Development with
        {
            Name = "train-on-network",
            GenesisTicketsPerBlock = 100_000,
            GenesisTimeMilliseconds = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
            Allocations = [.. members.Select(member => new GenesisAllocation(member.Key.Address, Amount.FromCoins(Funds(member.Roles))))],
        };

        SampleNetwork network = new(parameters);
        try
        {
            List<NetworkEndpoint> running = [];
            foreach ((string name, KeyPair key, NodeRoles roles) in members)
            {
                NetworkEndpoint endpoint = new(name);
                network.Nodes.Add(await PouwNode.StartAsync(
                    new PouwNodeOptions
                    {
                        Parameters = parameters,
                        Key = key,
                        Name = name,
                        Roles = roles,
                        Store = OpenStore(options.Out, name),
                        Transport = transport,
                        Listen = endpoint,
                        Bootstrap = [.. running],
                        TicketTraining = !options.NoTickets,
                        Observer = warnings,
                    },
                    cancellation));
                running.Add(endpoint);
            }

            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (PouwNode node in Nodes)
        {
            await node.DisposeAsync();
        }
    }

    private static IEnumerable<(string Name, KeyPair Key, NodeRoles Roles)> Members(TrainOptions options)
    {
        yield return Member(options, "client", NodeRoles.Client);
        for (int i = 1; i <= TrainOptions.Validators; i++)
        {
            yield return Member(options, $"validator-{i}", NodeRoles.Validator);
        }

        for (int i = 1; i <= options.Workers; i++)
        {
            yield return Member(options, $"worker-{i}", NodeRoles.Worker);
        }
    }

    private static (string Name, KeyPair Key, NodeRoles Roles) Member(TrainOptions options, string name, NodeRoles roles) =>
        (name, KeyPair.Generate(new SeededRandomSource(options.Seed, name)), roles);

    private static ulong Funds(NodeRoles roles) => roles.HasFlag(NodeRoles.Client) ? 1_000_000UL : 10UL;

    private static SqliteKeyValueStore OpenStore(DirectoryInfo folder, string name)
    {
        string path = Path.Combine(folder.FullName, "nodes", name + ".db");

        // Every run is a chain of its own; what an earlier run left here belongs to another genesis.
        foreach (string suffix in new[] { "", "-wal", "-shm" })
        {
            File.Delete(path + suffix);
        }

        return new SqliteKeyValueStore(path);
    }
}
