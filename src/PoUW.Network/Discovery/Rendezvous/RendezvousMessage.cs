namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>A message of the rendezvous protocol. Which members mean anything depends on the type; the others are empty.</summary>
public sealed record RendezvousMessage
{
    /// <summary>The kind.</summary>
    public required RendezvousMessageType Type { get; init; }

    /// <summary>The namespace of Unregister and Discover.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The one registration of Register, and those that DiscoverResponse found.</summary>
    public IReadOnlyList<RendezvousRegistration> Registrations { get; init; } = [];

    /// <summary>Discover: the most registrations wanted; 0 leaves it to the point.</summary>
    public ulong Limit { get; init; }

    /// <summary>Discover: where to go on. DiscoverResponse: where the next call goes on.</summary>
    public ReadOnlyMemory<byte> Cookie { get; init; }

    /// <summary>RegisterResponse: how long the registration lives, in seconds.</summary>
    public ulong TtlSeconds { get; init; }

    /// <summary>The outcome of the responses. A number that is not known reads as <see cref="RendezvousStatus.InternalError"/>.</summary>
    public RendezvousStatus Status { get; init; }

    /// <summary>What the responses say to people.</summary>
    public string StatusText { get; init; } = "";
}
