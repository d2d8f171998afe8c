using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Discovery;

/// <summary>How a node finds its peers.</summary>
public sealed record PeerDiscoveryOptions
{
    /// <summary>Where to begin. An address with a peer at its end accepts only that peer; one without takes whoever is there.</summary>
    public IReadOnlyList<Multiaddr> Bootstrap { get; init; } = [];

    /// <summary>With fewer connections that this node has dialed it looks for more.</summary>
    public int LowWater { get; init; } = 6;

    /// <summary>With so many it stops looking.</summary>
    public int HighWater { get; init; } = 12;

    /// <summary>The most dials under way.</summary>
    public int MaxConcurrentDials { get; init; } = 8;

    /// <summary>
    /// The most connections that this node has dialed into one part of the public network (an IPv4 /16, an IPv6 /32): who owns a part of the network shall
    /// not own all of a node's connections. Private addresses and the bootstrap list are not counted.
    /// </summary>
    public int MaxDialedPerSubnet { get; init; } = 2;

    /// <summary>How often it looks at its connections when nothing happens.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The least time between two questions to the sources.</summary>
    public TimeSpan SourceInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a peer that could not be connected is left alone at first; twice as long after each further failure.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The longest that it is left alone.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How often the book is written.</summary>
    public TimeSpan SaveInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What keys of the book in the store begin with.</summary>
    public ReadOnlyMemory<byte> StorePrefix { get; init; } = "network/peers/"u8.ToArray();
}
