namespace PoUW.Network.Gossip;

/// <summary>What a peer speaks, weakest first.</summary>
public enum GossipVersion
{
    /// <summary>Floodsub: every message to every peer of its topic, no control messages.</summary>
    Flood,

    /// <summary>Gossipsub 1.0: meshes and lazy gossip.</summary>
    V10,

    /// <summary>Gossipsub 1.1: back-off times and peer exchange in PRUNE.</summary>
    V11,

    /// <summary>Gossipsub 1.2: IDONTWANT.</summary>
    V12,
}
