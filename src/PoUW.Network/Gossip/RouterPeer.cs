using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>What the router keeps of a connected peer.</summary>
internal sealed class RouterPeer(PeerId id, GossipVersion version, bool isOutbound, bool isDirect, MessageIdComparer comparer)
{
    public PeerId Id => id;

    public GossipVersion Version => version;

    /// <summary>True if this node dialed it.</summary>
    public bool IsOutbound => isOutbound;

    public bool IsDirect => isDirect;

    /// <summary>The topics it is subscribed to.</summary>
    public SortedSet<string> Topics { get; } = new(StringComparer.Ordinal);

    /// <summary>What it must not be sent, with the heartbeat until which that holds.</summary>
    public Dictionary<GossipMessageId, long> Unwanted { get; } = new(comparer);

    // Since the last heartbeat:

    public int IHaveRpcs { get; set; }

    public int AskedIds { get; set; }

    public int IWantIds { get; set; }

    public int IDontWantIds { get; set; }

    public bool IsOverBudget { get; set; }

    public bool SentWhileGraylisted { get; set; }

    public void BeginHeartbeat(long heartbeat)
    {
        (IHaveRpcs, AskedIds, IWantIds, IDontWantIds, IsOverBudget, SentWhileGraylisted) = (0, 0, 0, 0, false, false);
        foreach ((GossipMessageId message, long until) in Unwanted)
        {
            if (until < heartbeat)
            {
                Unwanted.Remove(message);
            }
        }
    }
}
