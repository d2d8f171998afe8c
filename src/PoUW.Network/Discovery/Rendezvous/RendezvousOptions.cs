namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>The limits of a rendezvous point.</summary>
public sealed record RendezvousOptions
{
    /// <summary>How long a registration lives that does not say.</summary>
    public TimeSpan DefaultTtl { get; init; } = TimeSpan.FromHours(2);

    /// <summary>The shortest life that may be asked for.</summary>
    public TimeSpan MinTtl { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest life that may be asked for.</summary>
    public TimeSpan MaxTtl { get; init; } = TimeSpan.FromHours(72);

    /// <summary>The most registrations in all.</summary>
    public int MaxRegistrations { get; init; } = 10_000;

    /// <summary>The most registrations of a namespace.</summary>
    public int MaxRegistrationsPerNamespace { get; init; } = 1_000;

    /// <summary>The most namespaces that a peer may be registered in.</summary>
    public int MaxRegistrationsPerPeer { get; init; } = 16;

    /// <summary>
    /// The most registrations of peers that are reached in one part of the network (an IPv4 /16, an IPv6 /32), so that many keys of one owner cannot fill
    /// a point.
    /// </summary>
    public int MaxRegistrationsPerSource { get; init; } = 512;

    /// <summary>The most registrations of an answer, also if more are asked for; at most <see cref="RendezvousCodec.MaxRegistrations"/>.</summary>
    public int MaxRegistrationsPerAnswer { get; init; } = RendezvousCodec.MaxRegistrations;

    /// <summary>The longest request that is read.</summary>
    public int MaxRequestBytes { get; init; } = 8 * 1024;

    /// <summary>Requests of a peer at once; more are answered with <see cref="RendezvousStatus.Unavailable"/>.</summary>
    public int RequestBurst { get; init; } = 20;

    /// <summary>How often a peer may ask over time: one more request every so long.</summary>
    public TimeSpan RequestInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Peers whose requests are counted; when more ask, those that asked longest ago are forgotten.</summary>
    public int MaxCountedPeers { get; init; } = 4096;

    /// <summary>How long a stream may wait for the next request, and for the peer to take an answer.</summary>
    public TimeSpan StreamTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
