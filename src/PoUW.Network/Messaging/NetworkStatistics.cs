namespace PoUW.Network.Messaging;

/// <summary>Counts since the node was made.</summary>
/// <param name="BytesSent">Bytes handed to connections after handshakes.</param>
/// <param name="BytesReceived">Bytes of frames taken after handshakes, headers included.</param>
/// <param name="GossipDelivered">Messages given to a handler.</param>
/// <param name="GossipDuplicates">Copies that were known already.</param>
/// <param name="GossipRejected">Messages that the handler rejected.</param>
/// <param name="GossipDroppedInbound">Messages dropped because a handler fell behind, or without a subscription.</param>
/// <param name="GossipDroppedOutbound">Copies dropped because a peer was slow.</param>
/// <param name="RequestsServed">Requests answered with Ok.</param>
/// <param name="RequestsRefused">Requests above the limit, or whose handler failed.</param>
public sealed record NetworkStatistics(
    long BytesSent,
    long BytesReceived,
    long GossipDelivered,
    long GossipDuplicates,
    long GossipRejected,
    long GossipDroppedInbound,
    long GossipDroppedOutbound,
    long RequestsServed,
    long RequestsRefused);
