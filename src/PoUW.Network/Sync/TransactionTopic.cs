using PoUW.Network.Gossip;

namespace PoUW.Network.Sync;

/// <summary>A topic that carries transactions of some kinds.</summary>
/// <param name="Name">The topic's name.</param>
/// <param name="InlineBytes">A transaction whose encoding is no longer travels whole, a longer one by its id.</param>
/// <param name="Score">How peers are scored on the topic.</param>
public sealed record TransactionTopic(string Name, int InlineBytes, GossipTopicScore Score)
{
    /// <summary>The topic's rules for gossip.</summary>
    /// <param name="options">The node's own limits; for transactions that travel whole the lower one counts.</param>
    public GossipTopicOptions ToOptions(SyncOptions options) => new()
    {
        MaxMessageBytes = TransactionAnnouncement.MaxEncodedBytes(Math.Min(options.InlineTransactionBytes, InlineBytes)),
        InboxBytes = options.InboxBytes,
        Score = Score,
    };
}
