using PoUW.Core.Validation;

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

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        if (MinTtl < TimeSpan.FromSeconds(1) || MaxTtl < MinTtl)
        {
            return Fail(MaxTtl < MinTtl ? nameof(MaxTtl) : nameof(MinTtl), "A registration lives a second at least, and the longest life is not below the shortest.");
        }

        if (DefaultTtl < MinTtl || DefaultTtl > MaxTtl)
        {
            return Fail(nameof(DefaultTtl), $"The life of a registration that does not say is {MinTtl} to {MaxTtl}.");
        }

        if (MaxRegistrationsPerAnswer is < 1 or > RendezvousCodec.MaxRegistrations)
        {
            return Fail(nameof(MaxRegistrationsPerAnswer), $"An answer has 1 to {RendezvousCodec.MaxRegistrations} registrations.");
        }

        (string Field, int Count)[] counts =
        [
            (nameof(MaxRegistrations), MaxRegistrations), (nameof(MaxRegistrationsPerNamespace), MaxRegistrationsPerNamespace),
            (nameof(MaxRegistrationsPerPeer), MaxRegistrationsPerPeer), (nameof(MaxRegistrationsPerSource), MaxRegistrationsPerSource),
            (nameof(MaxRequestBytes), MaxRequestBytes), (nameof(RequestBurst), RequestBurst), (nameof(MaxCountedPeers), MaxCountedPeers),
        ];
        if (counts.FirstOrDefault(static limit => limit.Count < 1) is { Field: { } field })
        {
            return Fail(field, "Every count and size is at least 1.");
        }

        if (RequestInterval <= TimeSpan.Zero || RequestInterval > TimeSpan.FromDays(1))
        {
            return Fail(nameof(RequestInterval), "The time between requests is above zero and at most a day.");
        }

        return StreamTimeout <= TimeSpan.Zero ? Fail(nameof(StreamTimeout), "A stream may wait for some time.") : ValidationResult.Ok;
    }

    private static ValidationResult Fail(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);
}
