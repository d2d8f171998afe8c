namespace PoUW.Network.Identify;

/// <summary>Limits of what a peer may tell about itself.</summary>
public sealed record IdentifyOptions
{
    /// <summary>Bytes of all messages of one exchange together.</summary>
    public int MaxBytes { get; init; } = 16 * 1024;

    /// <summary>Protocols in a message.</summary>
    public int MaxProtocols { get; init; } = 256;

    /// <summary>Characters of a protocol's name.</summary>
    public int MaxProtocolLength { get; init; } = 256;

    /// <summary>Addresses in a message.</summary>
    public int MaxAddresses { get; init; } = 64;

    /// <summary>How long an exchange may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a peer may push changes over time: one more message every so long. What comes beyond it is dropped.</summary>
    public TimeSpan PushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Messages that a peer may push at once: one for each of several changes, the last of which must not be lost.</summary>
    public int PushBurst { get; init; } = 8;
}
