using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>What each peer may send. The bursts leave room for a node that has just started and catches up.</summary>
public sealed record MessageBudgetOptions
{
    /// <summary>Of <see cref="MessageKind.Request"/>.</summary>
    public MessageRate Requests { get; init; } = new(TokenRate.PerSecond(500, 2_000), TokenRate.PerSecond(8 << 20, 64 << 20));

    /// <summary>
    /// Of <see cref="MessageKind.Gossip"/>. The bytes are those of whole RPCs, so their burst is not below <see cref="PoUW.Network.Gossip.GossipLimits.MaxRpcBytes"/>.
    /// </summary>
    public MessageRate Gossip { get; init; } = new(TokenRate.PerSecond(2_000, 4_000), TokenRate.PerSecond(16 << 20, 32 << 20));

    /// <summary>Of <see cref="MessageKind.Sync"/>.</summary>
    public MessageRate Sync { get; init; } = new(TokenRate.PerSecond(100, 400), TokenRate.PerSecond(1 << 20, 8 << 20));

    /// <summary>Of <see cref="MessageKind.Control"/>.</summary>
    public MessageRate Control { get; init; } = new(TokenRate.PerSecond(200, 1_000), TokenRate.PerSecond(4 << 20, 16 << 20));

    /// <summary>Peers whose use is remembered. The one heard of longest ago is forgotten first and has a full budget again.</summary>
    public int MaxPeers { get; init; } = 4096;

    /// <summary>Checks that every rate makes sense.</summary>
    public ValidationResult Validate()
    {
        if (MaxPeers < 1)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(MaxPeers), "At least one peer is remembered.");
        }

        return new[] { Requests, Gossip, Sync, Control }.Select(static rate => rate.Validate()).FirstOrDefault(static result => !result.IsValid, ValidationResult.Ok);
    }

    internal MessageRate RateOf(MessageKind kind) => kind switch
    {
        MessageKind.Request => Requests,
        MessageKind.Gossip => Gossip,
        MessageKind.Sync => Sync,
        MessageKind.Control => Control,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
