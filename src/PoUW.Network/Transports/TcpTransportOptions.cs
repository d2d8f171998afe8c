using PoUW.Core.Validation;

namespace PoUW.Network.Transports;

/// <summary>Limits of <see cref="TcpTransport"/>.</summary>
public sealed record TcpTransportOptions
{
    /// <summary>Connections that the system completes before they are accepted; it may hold fewer.</summary>
    public int Backlog { get; init; } = 1024;

    /// <summary>The most addresses of one name that a dial tries.</summary>
    public int MaxAddressesPerName { get; init; } = 8;

    /// <summary>How long a dial waits for one address of a name before it tries the next one.</summary>
    public TimeSpan AddressTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The first wait of a listener that could not accept for want of descriptors or memory; it doubles from failure to failure.</summary>
    public TimeSpan AcceptBackoff { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The longest wait of such a listener.</summary>
    public TimeSpan MaxAcceptBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Bytes that the system takes before it has sent them, where it can be told (Linux). More is of no use on any path, since the system sends at once
    /// what the window allows, but an urgent message waits behind them.
    /// </summary>
    public int MaxUnsentBytes { get; init; } = 128 * 1024;

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        TimeSpan[] times = [AddressTimeout, AcceptBackoff, MaxAcceptBackoff];
        return Backlog < 1 || MaxUnsentBytes < 1 || MaxAddressesPerName < 1 || times.Any(static time => time <= TimeSpan.Zero)
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(TcpTransportOptions), "Every count and time is positive.")
            : ValidationResult.Ok;
    }
}
