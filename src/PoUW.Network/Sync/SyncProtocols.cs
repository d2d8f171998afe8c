namespace PoUW.Network.Sync;

/// <summary>The names of topics and request protocols (docs/network.md). An empty answer to a request means "busy, ask later".</summary>
public static class SyncProtocols
{
    /// <summary>Topic: <see cref="BlockAnnouncement"/>.</summary>
    public const string BlockTopic = "pouw/blocks/2";

    /// <summary>Topic: <see cref="TransactionAnnouncement"/>, of the kinds without a topic of their own (<see cref="TransactionTopics"/>).</summary>
    public const string TransactionTopic = "pouw/transactions/2";

    /// <summary>Request: <see cref="HeadersRequest"/>, answered with <see cref="HeadersResponse"/>.</summary>
    public const string Headers = "pouw/headers/1";

    /// <summary>Request: <see cref="BodiesRequest"/>, answered with <see cref="BodiesResponse"/>.</summary>
    public const string Bodies = "pouw/bodies/1";

    /// <summary>
    /// Request: <see cref="BodiesRequest"/> for one new block, answered with <see cref="BodiesResponse"/>. Beside <see cref="Bodies"/>, since its
    /// answers go before those of catch-ups.
    /// </summary>
    public const string Block = "pouw/block/1";

    /// <summary>Request: <see cref="TransactionsRequest"/>, answered with <see cref="TransactionsResponse"/>.</summary>
    public const string Transactions = "pouw/transactions/1";

    /// <summary>Request: nothing, answered with <see cref="PoolResponse"/>.</summary>
    public const string Pool = "pouw/pool/1";

    /// <summary>Request: <see cref="SnapshotRequest"/>, answered with <see cref="SnapshotResponse"/> or a chunk.</summary>
    public const string Snapshots = "pouw/snapshots/1";
}
