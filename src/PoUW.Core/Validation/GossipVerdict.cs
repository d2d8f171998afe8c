namespace PoUW.Core.Validation;

/// <summary>What a node does with a message that it was sent: pass it on, punish the sender, or drop it silently.</summary>
public enum GossipVerdict
{
    /// <summary>Valid: deliver and forward.</summary>
    Accept,

    /// <summary>Provably wrong, whatever the receiver knows: drop and count against the sender.</summary>
    Reject,

    /// <summary>Not useful here and now (known already, parent missing, pool full): drop, nobody is at fault.</summary>
    Ignore,
}
