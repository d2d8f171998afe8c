using PoUW.Core.Validation;

namespace PoUW.Network.Gossip;

/// <summary>What a handler says of a message.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="IsOfSender">
/// True if a message was ignored for a reason that lies with who sent it and not in the message: copies of others are judged then as if it had not come.
/// </param>
internal readonly record struct GossipOutcome(GossipVerdict Verdict, bool IsOfSender = false)
{
    /// <summary>The sender has no share left, or did not give what it announced.</summary>
    public static GossipOutcome RefuseSender => new(GossipVerdict.Ignore, IsOfSender: true);

    public static implicit operator GossipOutcome(GossipVerdict verdict) => new(verdict);
}
