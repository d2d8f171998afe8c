using PoUW.Core.Validation;
using PoUW.Network.Gossip;

namespace PoUW.Network.Tests.Gossip.Support;

/// <summary>One router of a swarm and what its application saw.</summary>
internal sealed class SwarmNode
{
    public required int Number { get; init; }

    public GossipRouter Router { get; set; } = null!;

    /// <summary>Counts starts and stops, so that what belongs to an earlier life does not reach a later one.</summary>
    public int Life { get; set; }

    /// <summary>How often the application got each message, own ones included.</summary>
    public Dictionary<int, int> Deliveries { get; } = [];

    public Func<int, GossipVerdict> Judge { get; set; } = static _ => GossipVerdict.Accept;

    public int MeshSize => Router.State.Topics[GossipSwarm.Topic].Mesh.Count;
}
