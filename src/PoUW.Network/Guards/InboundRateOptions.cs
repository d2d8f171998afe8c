using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>How fast connections may come in.</summary>
public sealed record InboundRateOptions
{
    /// <summary>Connections from one IP address.</summary>
    public TokenRate PerAddress { get; init; } = TokenRate.PerSecond(5, 20);

    /// <summary>Connections from one subnet (<see cref="IpSubnet"/>).</summary>
    public TokenRate PerSubnet { get; init; } = TokenRate.PerSecond(20, 80);

    /// <summary>True if connections of this machine with itself are not counted: on a machine with many nodes all have its address.</summary>
    public bool ExemptLoopback { get; init; } = true;

    /// <summary>Addresses that are remembered, and as many subnets.</summary>
    public int MaxRemembered { get; init; } = 8192;

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        if (MaxRemembered < 1)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(MaxRemembered), "At least one address is remembered.");
        }

        return PerAddress.Validate() is { IsValid: false } bad ? bad : PerSubnet.Validate();
    }
}
