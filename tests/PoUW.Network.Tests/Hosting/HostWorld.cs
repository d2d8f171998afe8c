using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Security;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;
using PoUW.Network.Transports.Modelled;

namespace PoUW.Network.Tests.Hosting;

/// <summary>Hosts on a modelled network in a world of one thread and virtual time. Their ids are in the order of their numbers.</summary>
internal sealed class HostWorld
{
    private readonly List<Host> _hosts = [];

    public HostWorld(int? seed = null, LinkProperties? link = null)
    {
        World = new SimulationWorld(seed);
        Model = new NetworkModel(new NetworkModelOptions { Link = link ?? new LinkProperties { Latency = TimeSpan.FromMilliseconds(10) } }, World.Time, World.Random);
    }

    public static Hash256 Genesis { get; } = Hash256.Sha256("genesis"u8);

    public SimulationWorld World { get; }

    public NetworkModel Model { get; }

    /// <summary>What happened, in order, with times.</summary>
    public List<string> Log { get; } = [];

    public static IdentityKey KeyOf(int number) => TestKeys.Of(number);

    public static PeerId IdOf(int number) => KeyOf(number).Id;

    public static Multiaddresses.Multiaddr AddressOf(int number) => Multiaddresses.Multiaddr.Memory($"h{number}");

    /// <summary>Admits nodes of a network; no peer is bound to an account.</summary>
    public static HelloSetup Hello(Hash256? network = null, IPeerAuthorizer? authorizer = null) => new()
    {
        NetworkId = network ?? Genesis,
        Authorizer = authorizer ?? new OpenPeerAuthorizer(),
        VerifyBinding = static (ReadOnlyMemory<byte> _, PeerId _, out Address? account) =>
        {
            account = null;
            return ValidationResult.Fail(ValidationCode.Malformed, "binding", "None is known here.");
        },
    };

    public Host Make(
        int number, HostOptions? options = null, HelloSetup? hello = null, INetworkObserver? observer = null, ITransport? transport = null,
        IConnectionGater? gater = null)
    {
        IdentityKey key = KeyOf(number);
        Host host = new(new HostSetup
        {
            Identity = key,
            Transports = [new HostTransport(transport ?? World.Trace.Watch(Model.AddHost($"n{number}")), [new PlaintextSecurity(key.PublicKey)])],
            Muxers = [new YamuxMuxerFactory(new YamuxOptions(), World.Time, World)],
            Options = options ?? new HostOptions(),
            Time = World.Time,
            Spawner = World,
            Random = World.Random,
            Guards = gater is null ? null : new NetworkGuards(new GuardOptions(), World.Time, World.Random, gater),
            Observer = observer ?? new NullNetworkObserver(),
            Hello = hello,
        });
        host.PeerConnected += peer => Note(number, $"+{TestKeys.NumberOf(peer.Id)}");
        host.Left += (peer, reason) => Note(number, $"-{TestKeys.NumberOf(peer.Id)} {reason}");
        _hosts.Add(host);
        return host;
    }

    /// <summary>A host that listens at its address.</summary>
    public async Task<Host> StartAsync(
        int number, HostOptions? options = null, HelloSetup? hello = null, INetworkObserver? observer = null, IConnectionGater? gater = null)
    {
        Host host = Make(number, options, hello, observer, gater: gater);
        await host.ListenAsync(AddressOf(number));
        return host;
    }

    /// <summary>Runs a scenario and stops all hosts.</summary>
    public void Run(Func<Task> scenario) => World.Run(async () =>
    {
        await scenario();
        foreach (Host host in _hosts)
        {
            await host.DisposeAsync();
        }

        // Whatever happened, nothing is held any more.
        foreach (Host host in _hosts)
        {
            ResourceUsage left = host.Guards.Resources.System;
            Assert.That((left.Connections, left.Streams, left.MemoryBytes, host.Guards.Handshakes.Count), Is.EqualTo((0, 0, 0L, 0)));
        }
    }, TimeSpan.FromHours(1));

    public Task Delay(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), World.Time);

    private void Note(int number, string what) => Log.Add($"{number} {what}");
}
