using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>A message that a topic's handler is to judge.</summary>
/// <param name="Peer">Who sent it first.</param>
/// <param name="Id">Its id.</param>
/// <param name="Message">The message.</param>
internal readonly record struct PendingMessage(PeerId Peer, GossipMessageId Id, GossipMessage Message);
