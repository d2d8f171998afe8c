using PoUW.Core.Validation;
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
    /// not own all of a node's connections. Dials under way count; private addresses and the bootstrap list are not bound by it. A name counts by its last two
    /// labels until it is reached, then by where it leads.
    /// </summary>
    public int MaxDialedPerSubnet { get; init; } = 2;

    /// <summary>
    /// How long a connection that it has dialed lasts at least: who ends it sooner waits as after a dial that failed, so that nobody keeps this node dialing
    /// by admitting it and leaving at once.
    /// </summary>
    public TimeSpan MinConnectionLife { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often it looks at its connections when nothing happens.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The least time between two questions to the sources.</summary>
    public TimeSpan SourceInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the book and the bans are written.</summary>
    public TimeSpan SaveInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What keys of the book in the store begin with.</summary>
    public ReadOnlyMemory<byte> StorePrefix { get; init; } = "network/peers/"u8.ToArray();

    /// <summary>What keys of the bans in the store begin with.</summary>
    public ReadOnlyMemory<byte> BansPrefix { get; init; } = "network/bans/"u8.ToArray();

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        if (LowWater < 0 || HighWater < 0)
        {
            return Fail(LowWater < 0 ? nameof(LowWater) : nameof(HighWater), "A number of connections is not negative.");
        }

        if (MaxConcurrentDials < 1)
        {
            return Fail(nameof(MaxConcurrentDials), "At least one dial may be under way.");
        }

        if (MaxDialedPerSubnet < 1)
        {
            return Fail(nameof(MaxDialedPerSubnet), "At least one connection may lead into a part of the network.");
        }

        (string Field, TimeSpan Time)[] times =
        [
            (nameof(MinConnectionLife), MinConnectionLife), (nameof(Interval), Interval), (nameof(SourceInterval), SourceInterval),
            (nameof(SaveInterval), SaveInterval),
        ];
        if (times.FirstOrDefault(static limit => limit.Time <= TimeSpan.Zero) is { Field: { } field })
        {
            return Fail(field, "Every time is above zero.");
        }

        ReadOnlySpan<byte> peers = StorePrefix.Span;
        ReadOnlySpan<byte> bans = BansPrefix.Span;
        return peers.IsEmpty || bans.IsEmpty || peers.StartsWith(bans) || bans.StartsWith(peers)
            ? Fail(nameof(BansPrefix), "Both prefixes have a byte at least, and neither begins with the other.")
            : ValidationResult.Ok;
    }

    private static ValidationResult Fail(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);
}
