using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>A message that was seen: what became of it and who sent it, the first one first.</summary>
internal sealed class SeenMessage(GossipMessageId id, string topic, TimeSpan since)
{
    // Beyond that many senders of one message it is of no use to know one more.
    private const int MaxSenders = 64;

    public GossipMessageId Id => id;

    public string Topic => topic;

    public TimeSpan Since => since;

    public MessageState State { get; set; }

    /// <summary>When it was found valid.</summary>
    public TimeSpan ValidSince { get; set; }

    /// <summary>The message while it is pending.</summary>
    public GossipMessage? Message { get; set; }

    public List<PeerId> Senders { get; } = [];

    /// <summary>Which of the senders' copies is judged, or was; those before it were refused.</summary>
    public int Judged { get; set; }

    /// <returns>False if the peer was known as a sender before.</returns>
    public bool TryAddSender(PeerId peer)
    {
        if (Senders.Contains(peer))
        {
            return false;
        }

        if (Senders.Count < MaxSenders)
        {
            Senders.Add(peer);
        }

        return true;
    }
}
