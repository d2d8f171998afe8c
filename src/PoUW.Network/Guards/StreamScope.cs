using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>
/// What a stream holds of a <see cref="ResourceManager"/>. Disposing gives back the stream and the memory reserved here. Any thread, idempotent.
/// </summary>
public sealed class StreamScope : IDisposable
{
    private readonly ResourceManager _manager;

    internal StreamScope(ResourceManager manager, ConnectionScope connection, ResourceUsage place) =>
        (_manager, Connection, Held) = (manager, connection, place);

    /// <summary>The connection that it runs on.</summary>
    public ConnectionScope Connection { get; }

    /// <summary>The protocol, once it is agreed on.</summary>
    public string? Protocol { get; internal set; }

    /// <summary>Under which peer the protocol is counted, if one was proven then.</summary>
    internal ProtocolOfPeer? ProtocolOfPeer { get; set; }

    /// <summary>The stream's place and its memory.</summary>
    internal ResourceUsage Held { get; set; }

    internal bool IsDisposed { get; set; }

    /// <summary>Counts the stream, with all it holds, under its protocol too.</summary>
    /// <param name="protocol">What was agreed: a protocol that this node serves or asked for, never just any text of the peer.</param>
    /// <returns>Not Ok if the protocol, or the peer with this protocol, holds too much already: the stream is to be reset.</returns>
    /// <exception cref="InvalidOperationException">It was done before.</exception>
    public ValidationResult TryBindProtocol(string protocol) => _manager.TryBindProtocol(this, protocol);

    /// <summary>Reserves memory, such as that of a message whose length was read.</summary>
    /// <param name="bytes">How much; not negative.</param>
    /// <param name="reservation">To be disposed when the memory is free again; null unless Ok.</param>
    public ValidationResult TryReserveMemory(long bytes, out MemoryReservation? reservation) =>
        MemoryReservation.TryCreate(_manager, Connection, this, bytes, out reservation);

    /// <summary>Gives everything back.</summary>
    public void Dispose() => _manager.Close(this);
}
