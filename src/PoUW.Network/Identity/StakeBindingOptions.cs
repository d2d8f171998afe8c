namespace PoUW.Network.Identity;

/// <summary>Limits of stake bindings.</summary>
public sealed record StakeBindingOptions
{
    /// <summary>
    /// How far ahead a binding may expire. An identity that was stolen speaks for the account that long, if this node never saw the binding that
    /// replaced it.
    /// </summary>
    public TimeSpan MaxLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How many accounts' bindings a register keeps.</summary>
    public int MaxBindings { get; init; } = 16_384;
}
