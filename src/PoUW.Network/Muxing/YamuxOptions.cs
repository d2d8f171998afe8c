using PoUW.Core.Validation;
using PoUW.Network.Guards;

namespace PoUW.Network.Muxing;

/// <summary>Every limit of a yamux connection. Sizes are in bytes; what they bound is checked before anything is allocated.</summary>
public sealed record YamuxOptions
{
    /// <summary>The receive window that every stream starts with; fixed by the protocol.</summary>
    public const int InitialWindowBytes = 256 * 1024;

    /// <summary>How far the receive window of one stream may grow.</summary>
    public int MaxWindowBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// The sum over a connection: windows grow only while theirs stays below it, and a stream whose data would make the unread bytes of all
    /// streams exceed it is reset.
    /// </summary>
    public int MaxConnectionWindowBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The longest payload of a data frame that is sent, and so what an urgent message may have to wait for.</summary>
    public int MaxFrameBytes { get; init; } = (64 * 1024) - YamuxFrameHeader.Size;

    /// <summary>
    /// The longest payload of a data frame that is taken, piece by piece. Peers such as js-libp2p send all that the window allows in one frame, so less
    /// than <see cref="MaxWindowBytes"/> ends their connections.
    /// </summary>
    public int MaxReceiveFrameBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Streams that the peer may have open; more are reset.</summary>
    public int MaxInboundStreams { get; init; } = 1024;

    /// <summary>Streams that this side may have open; opening more fails.</summary>
    public int MaxOutboundStreams { get; init; } = 1024;

    /// <summary>
    /// Streams of one side that the other has not acknowledged. Opening waits for room; streams of the peer beyond it are reset. The
    /// protocol asks for at least 256.
    /// </summary>
    public int MaxUnacknowledgedStreams { get; init; } = 256;

    /// <summary>Streams refused in a row, without one accepted in between, after which the peer is taken for hostile and the connection ends.</summary>
    public int MaxRefusedStreams { get; init; } = 256;

    /// <summary>How fast the peer may open streams; those beyond are reset, as those beyond a limit are.</summary>
    public TokenRate StreamOpens { get; init; } = TokenRate.PerSecond(2_048, 8_192);

    /// <summary>How fast the peer may send pings; those beyond are not answered.</summary>
    public TokenRate Pings { get; init; } = TokenRate.PerSecond(16, 128);

    /// <summary>Frames in a row that carry nothing (no bytes, no window, no flag) after which the connection ends.</summary>
    public int MaxUselessFrames { get; init; } = 128;

    /// <summary>Answers to pings that wait to be sent; pings beyond it are not answered.</summary>
    public int MaxPendingPongs { get; init; } = 16;

    /// <summary>Bytes of short writes that one stream copies, so that the writer need not wait and they can share a frame.</summary>
    public int StreamSendBufferBytes { get; init; } = 16 * 1024;

    /// <summary>The sum of those over a connection; writes beyond it wait.</summary>
    public int ConnectionSendBufferBytes { get; init; } = 1024 * 1024;

    /// <summary>The share of <see cref="StreamPriority.Urgent"/> when all classes have something to send.</summary>
    public int UrgentWeight { get; init; } = 16;

    /// <summary>The share of <see cref="StreamPriority.Normal"/>.</summary>
    public int NormalWeight { get; init; } = 4;

    /// <summary>The share of <see cref="StreamPriority.Bulk"/>.</summary>
    public int BulkWeight { get; init; } = 1;

    /// <summary>The time between two pings of a connection.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a connection may stay without an answer to its ping and without any byte that came in, or any that went out while some
    /// waited, before it is taken for dead.
    /// </summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stream that is closed on this side waits for the peer to close it too before it is reset; up to one interval more.</summary>
    public TimeSpan StreamCloseTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long closing a connection may take: to send what waits and the code, and for the peer to see it.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        if (MaxWindowBytes < InitialWindowBytes || MaxConnectionWindowBytes < InitialWindowBytes)
        {
            return Fail(nameof(MaxWindowBytes), "A window is at least that which every stream starts with.");
        }

        if (MaxFrameBytes is < 1 or > 1 << 24 || MaxReceiveFrameBytes < 1 << 16)
        {
            return Fail(nameof(MaxFrameBytes), "Frames of other implementations hold up to 64 KiB, own ones 1 byte to 16 MiB.");
        }

        if (StreamSendBufferBytes < 0 || ConnectionSendBufferBytes < 0 || MaxUselessFrames < 0 || MaxPendingPongs < 1)
        {
            return Fail(nameof(ConnectionSendBufferBytes), "No limit is negative, and a ping is answered.");
        }

        if (MaxInboundStreams < 0 || MaxOutboundStreams < 0 || MaxUnacknowledgedStreams < 1 || MaxRefusedStreams < 0)
        {
            return Fail(nameof(MaxUnacknowledgedStreams), "No count is negative, and a stream can be opened.");
        }

        if (!StreamOpens.Validate().IsValid || !Pings.Validate().IsValid)
        {
            return Fail(nameof(StreamOpens), "Tokens and burst of a rate are 1 to 2^40, its period is above 0 and at most a day.");
        }

        if (UrgentWeight < 1 || NormalWeight < 1 || BulkWeight < 1)
        {
            return Fail(nameof(BulkWeight), "Every class has a share.");
        }

        return KeepAliveInterval <= TimeSpan.Zero || KeepAliveTimeout <= TimeSpan.Zero || CloseTimeout <= TimeSpan.Zero || StreamCloseTimeout < TimeSpan.Zero
            ? Fail(nameof(KeepAliveInterval), "Every time is positive.")
            : ValidationResult.Ok;
    }

    private static ValidationResult Fail(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);
}
