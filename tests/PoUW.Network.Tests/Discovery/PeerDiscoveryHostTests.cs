using PoUW.Core.Storage;
using PoUW.Network.Discovery;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Hosting;

namespace PoUW.Network.Tests.Discovery;

/// <summary>Discovery over real hosts in virtual time, which would stand still for ever if it dialed in circles.</summary>
internal sealed class PeerDiscoveryHostTests
{
    [Test]
    public void ABannedBootstrapPeerIsConnectedOnceTheBanIsOver([Values] bool isNamed)
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            await world.StartAsync(0);
            Host host = world.Make(1);
            host.Guards.Bans.Add(HostWorld.IdOf(0), TimeSpan.FromMinutes(1), "test");
            int dials = 0;
            Multiaddr address = HostWorld.AddressOf(0);
            await using PeerDiscovery discovery = new(new PeerDiscoverySetup
            {
                Host = host,
                Dial = (target, cancellation) =>
                {
                    dials++;
                    return host.DialWhenDueAsync(target, cancellation);
                },
                Backoff = host.Guards.Dials,
                Book = new AddressBook(new AddressBookOptions { AllowPrivateAddresses = true }, world.World.Time, world.World.Random),
                Store = new InMemoryKeyValueStore(),
                Verifier = IdentityVerifier.CreateInBox(),
                Options = new PeerDiscoveryOptions { Bootstrap = [isNamed ? address.WithPeer(HostWorld.IdOf(0)) : address] },
                Time = world.World.Time,
                Spawner = world.World,
            });
            discovery.Start();
            await world.Delay(55);
            Assert.That(host.Peers, Is.Empty);
            Assert.That(dials, Is.InRange(2, 10));
            await world.Delay(300);
            Assert.That(host.Peers.Select(static peer => peer.Id), Is.EqualTo(new[] { HostWorld.IdOf(0) }));
        });
    }
}
