namespace PoUW.Network.Gossip;

/// <summary>What a peer's score is made of; each part is weighted already.</summary>
/// <param name="Total">The score: the topic parts together, not above their cap, and the others.</param>
/// <param name="MeshTime">P1, over all topics.</param>
/// <param name="FirstDeliveries">P2, over all topics.</param>
/// <param name="MeshDeliveries">P3, over all topics.</param>
/// <param name="MeshFailures">P3b, over all topics.</param>
/// <param name="Invalid">P4, over all topics.</param>
/// <param name="Application">P5.</param>
/// <param name="Colocation">P6.</param>
/// <param name="Behaviour">P7.</param>
public sealed record GossipPeerScore(
    double Total, double MeshTime, double FirstDeliveries, double MeshDeliveries, double MeshFailures, double Invalid, double Application,
    double Colocation, double Behaviour);
