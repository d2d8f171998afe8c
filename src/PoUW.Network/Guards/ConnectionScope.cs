using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Guards;

/// <summary>
/// What a connection holds of a <see cref="ResourceManager"/>. Disposing gives back the connection and the memory reserved here; streams give
/// back theirs on their own. Any thread, idempotent.
/// </summary>
public sealed class ConnectionScope : IDisposable
{
    private readonly ResourceManager _manager;

    internal ConnectionScope(ResourceManager manager, ResourceScope own, IpSubnet? subnet, ResourceUsage place) =>
        (_manager, Own, Subnet, Held) = (manager, own, subnet, place);

    /// <summary>The peer, once it is proven.</summary>
    public PeerId? Peer { get; internal set; }

    /// <summary>The counter of this connection: what is held here and by its streams.</summary>
    internal ResourceScope Own { get; }

    internal IpSubnet? Subnet { get; }

    /// <summary>The connection's place and its memory, without what its streams hold.</summary>
    internal ResourceUsage Held { get; set; }

    internal bool IsDisposed { get; set; }

    /// <summary>What the connection and its streams hold.</summary>
    public ResourceUsage Usage => _manager.Read(() => Own.Usage);

    /// <summary>Moves the connection, with all it holds, from the transient scope to that of its peer.</summary>
    /// <returns>Not Ok if the peer holds too much already: the connection is to be closed.</returns>
    /// <exception cref="InvalidOperationException">It was done before.</exception>
    public ValidationResult TryBindPeer(PeerId peer) => _manager.TryBindPeer(this, peer);

    /// <summary>Takes a place for a stream.</summary>
    /// <param name="isInbound">True if the other side opened it.</param>
    /// <param name="scope">The place, to be disposed with the stream; null unless Ok.</param>
    public ValidationResult TryOpenStream(bool isInbound, out StreamScope? scope) => _manager.TryOpenStream(this, isInbound, out scope);

    /// <summary>Reserves memory, such as buffers of the muxer.</summary>
    /// <param name="bytes">How much; not negative.</param>
    /// <param name="reservation">To be disposed when the memory is free again; null unless Ok.</param>
    public ValidationResult TryReserveMemory(long bytes, out MemoryReservation? reservation) =>
        MemoryReservation.TryCreate(_manager, this, null, bytes, out reservation);

    /// <summary>Gives everything back.</summary>
    public void Dispose() => _manager.Close(this);
}
