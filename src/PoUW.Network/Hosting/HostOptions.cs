using PoUW.Core.Validation;
using PoUW.Network.Identify;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Negotiation;
using PoUW.Network.Ping;

namespace PoUW.Network.Hosting;

/// <summary>The limits of a host: counts, times. Nothing is allocated or awaited beyond them.</summary>
public sealed record HostOptions
{
    /// <summary>The longest <see cref="Agent"/>.</summary>
    public const int MaxAgentLength = 64;

    /// <summary>The most addresses in <see cref="Announce"/>.</summary>
    public const int MaxAnnounced = 16;

    /// <summary>The name of the node in metrics; peers never see it.</summary>
    public string Node { get; init; } = "node";

    /// <summary>The text that names this software to peers.</summary>
    public string Agent { get; init; } = "pouw/0.1";

    /// <summary>The family of protocols, as identify tells it.</summary>
    public string ProtocolVersion { get; init; } = "pouw/1";

    /// <summary>
    /// Where others can dial this node, told to them instead of the addresses where it listens: for a node behind a forwarded port, or with a name.
    /// With or without this node's id at the end. Empty to tell where it listens. Nothing is told while it does not listen.
    /// </summary>
    public IReadOnlyList<Multiaddr> Announce { get; init; } = [];

    /// <summary>Admitted peers at the same time.</summary>
    public int MaxPeers { get; init; } = 64;

    /// <summary>
    /// Of <see cref="MaxPeers"/>, the places that only peers get whom this node dialed, so that dialing in never takes all. A quarter of them at most.
    /// </summary>
    public int PlacesForDialed { get; init; } = 16;

    /// <summary>Dials at the same time; more fail with <see cref="NetworkError.LimitReached"/>.</summary>
    public int MaxPendingDials { get; init; } = 64;

    /// <summary>From the first byte (or the dial) to the admission: transport, security, muxer, identify and hello together.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the agreement on a stream's protocol may take, in either direction.</summary>
    public TimeSpan NegotiationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a peer may take to show that its connection lives, when it dials again.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Streams that a peer opened and whose protocol is not agreed yet, or that wait for its admission; more are reset.
    /// </summary>
    public int MaxPendingStreams { get; init; } = 256;

    /// <summary>
    /// Unread bytes of all streams of a peer that is not admitted yet, beyond one window of <see cref="Muxing.YamuxOptions.InitialWindowBytes"/>; streams
    /// with more are reset.
    /// </summary>
    public long MaxUnreadBytesBeforeAdmission { get; init; } = 1024 * 1024;

    /// <summary>Punished acts after which a peer is banned.</summary>
    public int FaultsBeforeBan { get; init; } = 3;

    /// <summary>
    /// The time in which one punished act is forgiven: a peer that makes them at longer intervals is never banned for them. So honest peers do not
    /// collect a ban over the life of a node.
    /// </summary>
    public TimeSpan FaultLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a ban lasts.</summary>
    public TimeSpan BanDuration { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Peers whose faults are remembered; the one whose last fault is longest ago is forgotten first.</summary>
    public int RememberedPeers { get; init; } = 4096;

    /// <summary>Limits of negotiations.</summary>
    public MultistreamOptions Negotiation { get; init; } = new();

    /// <summary>Limits of identify.</summary>
    public IdentifyOptions Identify { get; init; } = new();

    /// <summary>Limits of ping.</summary>
    public PingOptions Ping { get; init; } = new();

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        int[] counts = [MaxPeers, PlacesForDialed + 1, MaxPendingDials, MaxPendingStreams, FaultsBeforeBan, RememberedPeers,
            Negotiation.MaxLineBytes, Negotiation.MaxTries, Identify.MaxBytes, Identify.MaxProtocols, Identify.MaxProtocolLength,
            Identify.MaxAddresses, Identify.PushBurst, Ping.MaxInboundPerPeer];
        TimeSpan[] times = [HandshakeTimeout, NegotiationTimeout, ProbeTimeout, FaultLifetime, BanDuration, Identify.Timeout, Identify.PushInterval,
            Ping.IdleTimeout, Ping.Timeout];
        if (Agent.Length > MaxAgentLength || Agent.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(Agent), $"At most {MaxAgentLength} printable ASCII characters.");
        }

        if (MaxUnreadBytesBeforeAdmission < 0)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(MaxUnreadBytesBeforeAdmission), "A number of bytes is not negative.");
        }

        if (Announce.Count > MaxAnnounced || Announce.Any(InterfaceAddresses.IsUnspecified))
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, nameof(Announce), $"At most {MaxAnnounced} addresses, none of them unspecified: nobody can dial that.");
        }

        return counts.Any(static count => count < 1) || times.Any(static time => time <= TimeSpan.Zero)
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(HostOptions), "Every count and time is positive.")
            : ValidationResult.Ok;
    }
}
