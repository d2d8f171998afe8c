using System.Text;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Tests.Hosting;
using PoUW.Network.Transports.Modelled;

namespace PoUW.Network.Tests.Gossip.Support;

/// <summary>Hosts with gossip on a modelled network, one thread, virtual time.</summary>
internal sealed class GossipWorld
{
    public const string Topic = "test/1";

    private readonly List<GossipSub> _nodes = [];

    public GossipWorld(int? seed = null, LinkProperties? link = null) => Hosts = new HostWorld(seed, link);

    public HostWorld Hosts { get; }

    /// <summary>What each node's handler got: text and sender.</summary>
    public Dictionary<int, List<(string Text, PeerId From)>> Got { get; } = [];

    public async Task<(Host Host, GossipSub Gossip)> StartAsync(
        int number, GossipOptions? options = null, Func<string, GossipVerdict>? judge = null, HostOptions? host = null, INetworkObserver? observer = null)
    {
        Host started = await Hosts.StartAsync(number, host, observer: observer);
        GossipSub gossip = new(
            started, options ?? new GossipOptions(), Hosts.World.Time, new SeededRandomSource((ulong)number, "gossip"), Hosts.World, observer,
            HostWorld.KeyOf(number), IdentityVerifier.CreateInBox());
        gossip.Start();
        List<(string, PeerId)> got = Got[number] = [];
        gossip.Subscribe(Topic, new GossipTopicOptions(), (peer, data) =>
        {
            string text = Encoding.UTF8.GetString(data.Span);
            got.Add((text, peer));
            return ValueTask.FromResult(judge?.Invoke(text) ?? GossipVerdict.Accept);
        });
        _nodes.Add(gossip);
        return (started, gossip);
    }

    public void Run(Func<Task> scenario) => Hosts.Run(async () =>
    {
        await scenario();
        foreach (GossipSub gossip in _nodes)
        {
            await gossip.DisposeAsync();
        }
    });

    public Task Delay(double seconds) => Hosts.Delay(seconds);

    public static ReadOnlyMemory<byte> Text(string text) => Encoding.UTF8.GetBytes(text);
}
