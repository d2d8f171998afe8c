using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>A topic that this node is subscribed to.</summary>
internal sealed class RouterTopic(string name, GossipTopicOptions options)
{
    public string Name => name;

    public GossipTopicOptions Options => options;

    public SortedSet<PeerId> Mesh { get; } = [];

    /// <summary>
    /// Peers that joined the mesh since the last heartbeat: they are told what there is, like those outside, since nobody has sent it to them.
    /// </summary>
    public SortedSet<PeerId> Joined { get; } = [];
}
