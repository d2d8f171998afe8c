using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>The limits of every kind of scope of a <see cref="ResourceManager"/>.</summary>
public sealed record ResourceOptions
{
    private const long MiB = 1024 * 1024;

    /// <summary>Everything together.</summary>
    public ResourceLimit System { get; init; } = new()
    {
        Connections = 1536,
        InboundConnections = 1280,
        OutboundConnections = 384,
        Streams = 16384,
        InboundStreams = 12288,
        OutboundStreams = 12288,
        MemoryBytes = 1024 * MiB,
    };

    /// <summary>
    /// All connections whose peer is not proven yet, with their streams. How many of them come in is decided by <see cref="PendingHandshakes"/>, which
    /// lets newcomers in and old ones go; the ones that are just going need room here, so this is well above its limit.
    /// </summary>
    public ResourceLimit Transient { get; init; } = new()
    {
        Connections = 1152,
        InboundConnections = 1024,
        OutboundConnections = 128,
        Streams = 512,
        MemoryBytes = 64 * MiB,
    };

    /// <summary>One peer, whatever its connections. A node that dials while it is dialed has two for a moment.</summary>
    public ResourceLimit Peer { get; init; } = new() { Connections = 4, Streams = 1024, InboundStreams = 768, OutboundStreams = 768, MemoryBytes = 128 * MiB };

    /// <summary>One subnet (<see cref="IpSubnet"/>).</summary>
    public ResourceLimit Subnet { get; init; } = new() { Connections = 64, InboundConnections = 32, Streams = 4096, MemoryBytes = 256 * MiB };

    /// <summary>One protocol with all peers.</summary>
    public ResourceLimit Protocol { get; init; } = new() { Streams = 8192, MemoryBytes = 512 * MiB };

    /// <summary>One protocol with one peer.</summary>
    public ResourceLimit ProtocolPeer { get; init; } = new() { Streams = 256, MemoryBytes = 64 * MiB };

    /// <summary>One connection.</summary>
    public ResourceLimit Connection { get; init; } = new() { Streams = 1024, MemoryBytes = 128 * MiB };

    /// <summary>True if the limit of a subnet does not hold for this machine's own addresses, which its nodes have in common.</summary>
    public bool ExemptLoopback { get; init; } = true;

    /// <summary>
    /// The defaults for a node with so many places for peers and so much memory to give to the network: what belongs to all peers together grows
    /// with the places, and memory is an eighth of what is there.
    /// </summary>
    /// <param name="maxPeers">Admitted peers at the same time; positive.</param>
    /// <param name="memoryBytes">Memory of the machine or of the process's limit, in bytes; positive.</param>
    public static ResourceOptions For(int maxPeers, long memoryBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxPeers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(memoryBytes);
        ResourceOptions plain = new();
        int peers = Math.Min(maxPeers, 1 << 20);
        return plain with
        {
            System = plain.System with
            {
                Connections = (4 * peers) + plain.Transient.Connections,
                InboundConnections = (3 * peers) + plain.Transient.InboundConnections,
                OutboundConnections = (3 * peers) + plain.Transient.OutboundConnections,
                Streams = Math.Max(plain.System.Streams, 256 * Math.Min(peers, 1 << 22)),
                InboundStreams = Math.Max(plain.System.InboundStreams, 192 * Math.Min(peers, 1 << 22)),
                OutboundStreams = Math.Max(plain.System.OutboundStreams, 192 * Math.Min(peers, 1 << 22)),
                MemoryBytes = Math.Max(128 * MiB, memoryBytes / 8),
            },
        };
    }

    /// <summary>Checks every limit.</summary>
    public ValidationResult Validate() =>
        new[] { System, Transient, Peer, Subnet, Protocol, ProtocolPeer, Connection }.Select(static limit => limit.Validate()).FirstOrDefault(static result => !result.IsValid, ValidationResult.Ok);
}
