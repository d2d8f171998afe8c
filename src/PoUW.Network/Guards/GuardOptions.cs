using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>Every limit by which a node defends itself, for <see cref="NetworkGuards"/>.</summary>
public sealed record GuardOptions
{
    /// <summary>Connections, streams, memory.</summary>
    public ResourceOptions Resources { get; init; } = new();

    /// <summary>How fast connections come in.</summary>
    public InboundRateOptions InboundRate { get; init; } = new();

    /// <summary>Incoming connections in handshake.</summary>
    public PendingHandshakesOptions Handshakes { get; init; } = new();

    /// <summary>Bans.</summary>
    public BanListOptions Bans { get; init; } = new();

    /// <summary>What a peer may send.</summary>
    public MessageBudgetOptions Messages { get; init; } = new();

    /// <summary>Dials.</summary>
    public DialBackoffOptions Dials { get; init; } = new();

    /// <summary>Checks all of them.</summary>
    public ValidationResult Validate() =>
        new[] { Resources.Validate(), InboundRate.Validate(), Handshakes.Validate(), Bans.Validate(), Messages.Validate(), Dials.Validate() }
            .FirstOrDefault(static result => !result.IsValid, ValidationResult.Ok);
}
