using System.Net;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Network.Guards;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;

namespace PoUW.Network.Hosting;

/// <summary>What a host is made of.</summary>
public sealed record HostSetup
{
    /// <summary>This node's key, the one that the security protocols prove. The host does not dispose it.</summary>
    public required IdentityKey Identity { get; init; }

    /// <summary>The transports; an address is dialed by the first one that can.</summary>
    public required IReadOnlyList<HostTransport> Transports { get; init; }

    /// <summary>The muxers, best first.</summary>
    public required IReadOnlyList<IMuxerFactory> Muxers { get; init; }

    /// <summary>
    /// True to tell peers where this node listens in a record that it signs, so that others can pass it on. Signatures of the platform differ from run to
    /// run: not where a simulation compares bytes.
    /// </summary>
    public bool SignsPeerRecord { get; init; }

    /// <summary>All limits.</summary>
    public HostOptions Options { get; init; } = new();

    /// <summary>Every deadline is on this clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Starts all background work.</summary>
    public required ISpawner Spawner { get; init; }

    /// <summary>Random bytes for pings and jitter.</summary>
    public required IRandomSource Random { get; init; }

    /// <summary>What is asked before anything is taken on; null for guards of its own with their usual limits.</summary>
    public NetworkGuards? Guards { get; init; }

    /// <summary>Hears what happens.</summary>
    public INetworkObserver Observer { get; init; } = new NullNetworkObserver();

    /// <summary>The addresses of this machine's interfaces, asked when the host begins to listen at an unspecified address; null to ask the system.</summary>
    public Func<IReadOnlyList<IPAddress>>? Interfaces { get; init; }

    /// <summary>What admits peers beyond libp2p itself; null to admit everybody.</summary>
    public HelloSetup? Hello { get; init; }
}
