using PoUW.Core.Runtime;
using PoUW.Core.Storage;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Network.Discovery;

/// <summary>What discovery is made of.</summary>
public sealed record PeerDiscoverySetup
{
    /// <summary>The connections.</summary>
    public required IHost Host { get; init; }

    /// <summary>Connects; tells <see cref="Backoff"/> how it went, as <see cref="Hosting.Host.DialWhenDueAsync"/> does.</summary>
    public required PeerDialer Dial { get; init; }

    /// <summary>
    /// Ends a connection, as <see cref="Hosting.Host.DisconnectAsync"/> does: of a name it is known only after the dial into which part of the network it
    /// leads. Null to keep such connections even where <see cref="PeerDiscoveryOptions.MaxDialedPerSubnet"/> is reached.
    /// </summary>
    public Func<PeerId, CloseReason, ValueTask>? Disconnect { get; init; }

    /// <summary>Which dials failed, and how long they wait. That of the host, since others dial too.</summary>
    public required DialBackoff Backoff { get; init; }

    /// <summary>What is known; may be shared with the sources and with gossip.</summary>
    public required AddressBook Book { get; init; }

    /// <summary>The bans to keep over a restart; null to keep none.</summary>
    public BanList? Bans { get; init; }

    /// <summary>Where to ask for more, in this order.</summary>
    public IReadOnlyList<IPeerSource> Sources { get; init; } = [];

    /// <summary>Where book and bans are kept. Not disposed.</summary>
    public required IKeyValueStore Store { get; init; }

    /// <summary>Verifies the records of peers.</summary>
    public required IdentityVerifier Verifier { get; init; }

    /// <summary>The limits.</summary>
    public PeerDiscoveryOptions Options { get; init; } = new();

    /// <summary>Every wait is on this clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Starts the background work.</summary>
    public required ISpawner Spawner { get; init; }

    /// <summary>Hears what goes wrong.</summary>
    public INetworkObserver Observer { get; init; } = new NullNetworkObserver();
}
