namespace PoUW.Network.Gossip;

/// <summary>The protocol ids of gossip and the versions that they stand for.</summary>
public static class GossipProtocols
{
    /// <summary>Gossipsub 1.2.</summary>
    public const string MeshsubV12 = "/meshsub/1.2.0";

    /// <summary>Gossipsub 1.1.</summary>
    public const string MeshsubV11 = "/meshsub/1.1.0";

    /// <summary>Gossipsub 1.0.</summary>
    public const string MeshsubV10 = "/meshsub/1.0.0";

    /// <summary>Floodsub.</summary>
    public const string Floodsub = "/floodsub/1.0.0";

    /// <summary>What a node serves and asks for, best first.</summary>
    internal static IReadOnlyList<string> Offered(bool allowFloodsub) =>
        allowFloodsub ? [MeshsubV12, MeshsubV11, MeshsubV10, Floodsub] : [MeshsubV12, MeshsubV11, MeshsubV10];

    /// <summary>The version that an id stands for, or null if it is none of gossip.</summary>
    internal static GossipVersion? VersionOf(string protocol) => protocol switch
    {
        MeshsubV12 => GossipVersion.V12,
        MeshsubV11 => GossipVersion.V11,
        MeshsubV10 => GossipVersion.V10,
        Floodsub => GossipVersion.Flood,
        _ => null,
    };

    /// <summary>The best version that is both offered and among a peer's protocols, or null.</summary>
    internal static GossipVersion? BestOf(IReadOnlyList<string> offered, IReadOnlyList<string> peers)
    {
        foreach (string protocol in offered)
        {
            if (peers.Contains(protocol, StringComparer.Ordinal))
            {
                return VersionOf(protocol);
            }
        }

        return null;
    }
}
