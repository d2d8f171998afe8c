using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>The peers for a topic that this node publishes to and is not subscribed to.</summary>
internal sealed class RouterFanout
{
    public SortedSet<PeerId> Peers { get; } = [];

    public TimeSpan LastPublished { get; set; }
}
