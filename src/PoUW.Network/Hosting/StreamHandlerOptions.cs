using PoUW.Network.Muxing;

namespace PoUW.Network.Hosting;

/// <summary>Limits of a served protocol.</summary>
public sealed record StreamHandlerOptions
{
    /// <summary>Streams of the protocol that one peer may have open; more are reset.</summary>
    public int MaxInboundPerPeer { get; init; } = 32;

    /// <summary>How the answers are scheduled.</summary>
    public StreamPriority Priority { get; init; } = StreamPriority.Normal;

    /// <summary>True for the protocols that admit a peer: they are served before it is admitted.</summary>
    public bool BeforeAdmission { get; init; }
}
