using PoUW.Core.Randomness;
using PoUW.Network.Gossip;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;
using PoUW.Network.Tests.Hosting;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Gossip;

/// <summary>A host that tells late what has happened, as threads do.</summary>
[TestFixture]
internal sealed class GossipGhostTests
{
    [TestCase(true)]
    [TestCase(false)]
    public void APeerThatIsToldOfAfterItsEndIsNotKept(bool isUpdate)
    {
        SimulationWorld world = new();
        world.Run(async () =>
        {
            LateHost host = new();
            GossipSub gossip = new(
                host, new GossipOptions(), world.Time, new SeededRandomSource(1, "gossip"), world, key: HostWorld.KeyOf(0),
                verifier: IdentityVerifier.CreateInBox());
            gossip.Start();
            PeerConnection peer = new(HostWorld.IdOf(1), HostWorld.AddressOf(1), false, "late", ["/meshsub/1.2.0"], []);
            host.TellGone(peer);
            host.TellHere(peer, isUpdate);
            Assert.That(gossip.Snapshot().Peers, Is.Empty);

            host.Peers = [peer];
            host.TellHere(peer, isUpdate);
            Assert.That(gossip.Snapshot().Peers, Has.Count.EqualTo(1), "it is there again");
            await gossip.DisposeAsync();
        });
    }

    private sealed class LateHost : IHost
    {
        public event Action<PeerConnection>? PeerConnected;

        public event Action<PeerConnection>? PeerDisconnected;

        public event Action<PeerConnection>? PeerUpdated;

        public PeerId Id => HostWorld.IdOf(0);

        public IReadOnlyList<Multiaddr> ListenAddresses => [];

        public IReadOnlyList<PeerConnection> Peers { get; set; } = [];

        public void TellHere(PeerConnection peer, bool isUpdate) => (isUpdate ? PeerUpdated : PeerConnected)?.Invoke(peer);

        public void TellGone(PeerConnection peer) => PeerDisconnected?.Invoke(peer);

        public void Handle(string protocol, StreamHandler handler, StreamHandlerOptions? options = null) => ArgumentNullException.ThrowIfNull(handler);

        public ValueTask<PeerStream> OpenStreamAsync(
            PeerId peer, IReadOnlyList<string> protocols, StreamPriority priority, CancellationToken cancellation) =>
            throw new NetworkException(NetworkError.NotConnected, "No peer of this host is connected.");

        public void Punish(PeerId peer, string detail) => throw new NotSupportedException();
    }
}
