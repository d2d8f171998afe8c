using PoUW.Core.Validation;
using PoUW.Network.Sessions;

namespace PoUW.Network.Messaging;

/// <summary>Every limit of a node: sizes in bytes, counts, times. Nothing is allocated or awaited beyond them.</summary>
public sealed record NetworkOptions
{
    /// <summary>The text that names this software to peers.</summary>
    public string Agent { get; init; } = "pouw/0.1";

    /// <summary>Sessions at the same time.</summary>
    public int MaxPeers { get; init; } = 64;

    /// <summary>Incoming connections in handshake at the same time; more are closed unheard.</summary>
    public int MaxPendingHandshakes { get; init; } = 32;

    /// <summary>From the first byte (or the dial) to the session.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a closing session waits for the other side to have read the reason.</summary>
    public TimeSpan CloseLinger { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest gossiped payload.</summary>
    public int MaxGossipBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The longest request.</summary>
    public int MaxRequestBytes { get; init; } = 1024 * 1024;

    /// <summary>The longest response, sent or taken.</summary>
    public int MaxResponseBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Frames up to this size go before longer ones.</summary>
    public int UrgentFrameBytes { get; init; } = 256 * 1024;

    /// <summary>Bytes of urgent frames that wait for one peer.</summary>
    public int UrgentQueueBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Bytes of other frames that wait for one peer.</summary>
    public int BulkQueueBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Frames of each priority that wait for one peer.</summary>
    public int QueueFrames { get; init; } = 16 * 1024;

    /// <summary>Bytes of gossip from one peer that wait for their handler; more are dropped.</summary>
    public int GossipInboxBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Gossiped messages from one peer that wait for their handler; more are dropped.</summary>
    public int GossipInboxMessages { get; init; } = 4096;

    /// <summary>Message ids remembered by the node.</summary>
    public int SeenMessages { get; init; } = 65536;

    /// <summary>How long a message id is remembered at most.</summary>
    public TimeSpan SeenDuration { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Message ids remembered for each peer as known there.</summary>
    public int KnownMessagesPerPeer { get; init; } = 4096;

    /// <summary>Own requests that one peer has not answered yet; further ones wait.</summary>
    public int MaxOutstandingRequests { get; init; } = 64;

    /// <summary>
    /// Requests of one peer that are being served; further ones are answered with Refused. At least twice the peers'
    /// <see cref="MaxOutstandingRequests"/>: a peer may read its answer and send the next request before the place is free here.
    /// </summary>
    public int MaxInboundRequests { get; init; } = 128;

    /// <summary>Rejected messages, or other punished acts, after which a peer is banned.</summary>
    public int FaultsBeforeBan { get; init; } = 3;

    /// <summary>How long a ban lasts.</summary>
    public TimeSpan BanDuration { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Peers whose faults and bans are remembered; the oldest is forgotten first.</summary>
    public int RememberedPeers { get; init; } = 4096;

    /// <summary>The longest chunk, stored, served or fetched; not above <see cref="MaxResponseBytes"/>.</summary>
    public int MaxChunkBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>How long one peer may take for one chunk.</summary>
    public TimeSpan ChunkTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest blob that is fetched.</summary>
    public int MaxBlobBytes { get; init; } = 1 << 30;

    /// <summary>Chunks of one blob that are fetched at the same time.</summary>
    public int BlobWindow { get; init; } = 4;

    /// <summary>The longest payload of any frame under these options.</summary>
    public int MaxFrameBytes => Math.Max(Math.Max(MaxGossipBytes, MaxRequestBytes), MaxResponseBytes) + 512;

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        int[] counts = [MaxPeers, MaxPendingHandshakes, UrgentFrameBytes, UrgentQueueBytes, BulkQueueBytes, QueueFrames,
            GossipInboxBytes, GossipInboxMessages, SeenMessages, KnownMessagesPerPeer, MaxOutstandingRequests, MaxInboundRequests,
            FaultsBeforeBan, RememberedPeers, MaxChunkBytes, MaxBlobBytes, BlobWindow];
        int[] sizes = [MaxGossipBytes, MaxRequestBytes, MaxResponseBytes];
        TimeSpan[] times = [HandshakeTimeout, CloseLinger, SeenDuration, BanDuration, ChunkTimeout];
        if (!HandshakeMessage.IsValidAgent(Agent))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(Agent), "At most 64 printable ASCII characters.");
        }

        if (counts.Any(static count => count < 1) || times.Any(static time => time <= TimeSpan.Zero))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(NetworkOptions), "Every count, queue and time is positive.");
        }

        if (MaxChunkBytes > MaxResponseBytes)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(MaxChunkBytes), "A chunk has to fit into a response.");
        }

        return sizes.Any(static size => size is < 1 or > 1 << 30)
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(NetworkOptions), "Message sizes are 1 byte to 1 GiB.")
            : ValidationResult.Ok;
    }
}
