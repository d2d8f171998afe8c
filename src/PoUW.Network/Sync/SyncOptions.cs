using PoUW.Core.Headers;
using PoUW.Core.Validation;

namespace PoUW.Network.Sync;

/// <summary>Every limit of announcing, fetching and syncing: sizes in bytes, counts, times. Nothing is allocated or awaited beyond them.</summary>
public sealed record SyncOptions
{
    /// <summary>A block whose encoding is no longer rides along in its announcement; 0 to send headers only.</summary>
    public int InlineBlockBytes { get; init; } = 32 * 1024;

    /// <summary>A transaction whose encoding is no longer is gossiped whole, if its topic allows it; longer ones by their id.</summary>
    public int InlineTransactionBytes { get; init; } = 32 * 1024;

    /// <summary>Announced blocks that are fetched at the same time; more are left to the sync.</summary>
    public int MaxAnnouncedBlocks { get; init; } = 64;

    /// <summary>The same, of one peer.</summary>
    public int MaxAnnouncedBlocksPerPeer { get; init; } = 8;

    /// <summary>Announced blocks of one peer beyond those, which wait for the sync to bring them.</summary>
    public int MaxWaitingBlocksPerPeer { get; init; } = 64;

    /// <summary>
    /// Bytes of one peer's announcements on one topic that wait for their verdict. What the peers of a node may take together should be less than a
    /// topic's share of <see cref="Gossip.GossipLimits.TotalInboxBytes"/>, so that none of them can keep the others out.
    /// </summary>
    public int InboxBytes { get; init; } = 384 * 1024;

    /// <summary>Announced transactions that are fetched at the same time; more are ignored.</summary>
    public int MaxFetchedTransactions { get; init; } = 128;

    /// <summary>The same, of one peer.</summary>
    public int MaxFetchedTransactionsPerPeer { get; init; } = 2;

    /// <summary>How long an announced block may take from all sources together, its ancestors included.</summary>
    public TimeSpan AnnouncedBlockTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>After this time without an answer another peer is asked, too; later if all peers take long.</summary>
    public TimeSpan HedgeDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Peers that are asked for one announced block or transaction.</summary>
    public int MaxSources { get; init; } = 4;

    /// <summary>Gossiped transactions of one topic that wait for the pool; more are dropped.</summary>
    public int MaxWaitingTransactions { get; init; } = 4096;

    /// <summary>Bytes of them.</summary>
    public long MaxWaitingTransactionBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Ids in one answer about a pool, and in one request for transactions.</summary>
    public int MaxTransactionIds { get; init; } = 4096;

    /// <summary>How long one request for headers, transactions or ids may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one request for bodies or a chunk may take.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Headers in one answer.</summary>
    public int HeadersPerRequest { get; init; } = 256;

    /// <summary>Blocks in one request for bodies.</summary>
    public int BodiesPerRequest { get; init; } = 64;

    /// <summary>An answer with bodies or transactions ends before the item that would pass this size; one item always fits.</summary>
    public int AnswerBytes { get; init; } = 1024 * 1024;

    /// <summary>Requests for bodies that one peer has not answered yet.</summary>
    public int BodyRequestsPerPeer { get; init; } = 2;

    /// <summary>Blocks that were fetched or are being fetched and wait for their import.</summary>
    public int MaxBlocksAhead { get; init; } = 256;

    /// <summary>Bytes of fetched blocks that wait for their import; one block is always admitted.</summary>
    public long MaxBytesAhead { get; init; } = 64 * 1024 * 1024;

    /// <summary>A peer that let a request for bodies time out is asked again after this time.</summary>
    public TimeSpan SlowPeerPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Answers of a peer in a row that it is busy, after which it is taken for one that does not have the bodies.</summary>
    public int MaxBusyAnswers { get; init; } = 16;

    /// <summary>How often a peer, one after the other, is asked for news although it announced none; zero for never.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Blocks dated up to this time beyond what the rules admit now are tried again when they are due; others are forgotten.</summary>
    public TimeSpan MaxEarly { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Bytes a second that one peer is served, and the most at once.</summary>
    public long ServedBytesPerSecond { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes a second over all peers.</summary>
    public long TotalServedBytesPerSecond { get; init; } = 256 * 1024 * 1024;

    /// <summary>
    /// Bytes a second of headers and announced blocks that each peer is served beside those, so that consensus does not wait for catch-ups of others; the
    /// number of peers bounds what all get together.
    /// </summary>
    public long UrgentBytesPerSecond { get; init; } = 4 * 1024 * 1024;

    /// <summary>A node with a trusted checkpoint so far above its genesis takes the state as a snapshot instead of the blocks; 0 for never.</summary>
    public ulong SnapshotMinBlocks { get; init; } = 1024;

    /// <summary>Chunks of a snapshot that are fetched or wait for their turn at the same time.</summary>
    public int SnapshotWindow { get; init; } = 8;

    /// <summary>Chunks that a snapshot may have; about a megabyte each.</summary>
    public int MaxSnapshotChunks { get; init; } = 1 << 16;

    /// <summary>States whose chunks are counted and can be served, the least recently used of them is forgotten first; 32 bytes a chunk each.</summary>
    public int MaxSnapshotIndexes { get; init; } = 8;

    /// <summary>How long after a peer made this node count the chunks of a state its offers of other states wait for counts that others cause.</summary>
    public TimeSpan SnapshotCountInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Rounds in which no peer had anything of the snapshot, after which the node goes on with blocks instead.</summary>
    public int SnapshotAttempts { get; init; } = 30;

    /// <summary>The pause between two such rounds.</summary>
    public TimeSpan SnapshotPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Limits of the headers whose blocks are not here yet.</summary>
    public HeaderIntakeOptions Headers { get; init; } = new() { MaxHeadersPerPeer = 1024 };

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        long[] counts = [InboxBytes, MaxFetchedTransactions, MaxFetchedTransactionsPerPeer, MaxAnnouncedBlocks, MaxAnnouncedBlocksPerPeer,
            MaxWaitingBlocksPerPeer, MaxSources, MaxWaitingTransactions, MaxWaitingTransactionBytes, MaxTransactionIds,
            HeadersPerRequest, BodiesPerRequest, AnswerBytes, BodyRequestsPerPeer, MaxBusyAnswers, MaxBlocksAhead, MaxBytesAhead, ServedBytesPerSecond,
            TotalServedBytesPerSecond, UrgentBytesPerSecond, SnapshotWindow, MaxSnapshotChunks, MaxSnapshotIndexes, SnapshotAttempts];
        TimeSpan[] times = [AnnouncedBlockTimeout, HedgeDelay, RequestTimeout, BodyTimeout, SlowPeerPause, MaxEarly, SnapshotPause, SnapshotCountInterval];
        bool isInRange = counts.All(static count => count > 0) && times.All(static time => time > TimeSpan.Zero)
            && InlineBlockBytes >= 0 && InlineTransactionBytes >= 0 && PollInterval >= TimeSpan.Zero
            && HeadersPerRequest <= HeadersRequest.MaxHeaders && BodiesPerRequest <= BodiesRequest.MaxIds && MaxTransactionIds <= TransactionsRequest.MaxIds;
        return isInRange
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.OutOfRange, nameof(SyncOptions), "Counts and times are positive and within what the messages hold.");
    }
}
