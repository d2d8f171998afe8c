using PoUW.Core.Validation;

namespace PoUW.Network.Transports.Modelled;

/// <summary>What all hosts of a <see cref="NetworkModel"/> have in common.</summary>
public sealed record NetworkModelOptions
{
    /// <summary>Every link that has no properties of its own.</summary>
    public LinkProperties Link { get; init; } = new();

    /// <summary>How long a dial tries to reach a host that does not answer.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Connections that wait at a listener before a dial is refused.</summary>
    public int Backlog { get; init; } = 1024;

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate() => ConnectTimeout <= TimeSpan.Zero || Backlog < 1
        ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(NetworkModelOptions), "The timeout and the backlog are positive.")
        : Link.Validate();
}
