namespace PoUW.Network.Messaging;

/// <summary>The live counts behind <see cref="NetworkStatistics"/>; changed with interlocked additions.</summary>
internal sealed class NetworkCounters
{
    public long BytesSent;
    public long BytesReceived;
    public long GossipDelivered;
    public long GossipDuplicates;
    public long GossipRejected;
    public long GossipDroppedInbound;
    public long GossipDroppedOutbound;
    public long RequestsServed;
    public long RequestsRefused;

    public NetworkStatistics Read() => new(
        Interlocked.Read(ref BytesSent),
        Interlocked.Read(ref BytesReceived),
        Interlocked.Read(ref GossipDelivered),
        Interlocked.Read(ref GossipDuplicates),
        Interlocked.Read(ref GossipRejected),
        Interlocked.Read(ref GossipDroppedInbound),
        Interlocked.Read(ref GossipDroppedOutbound),
        Interlocked.Read(ref RequestsServed),
        Interlocked.Read(ref RequestsRefused));
}
