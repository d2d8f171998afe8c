using PoUW.Network.Guards;
using PoUW.Network.Streams;

namespace PoUW.Network.Muxing;

/// <summary>Makes muxers of one kind. Shares nothing between them but its options, clock and spawner; may be called from any thread.</summary>
public interface IMuxerFactory
{
    /// <summary>The id that is negotiated, such as <c>/yamux/1.0.0</c>.</summary>
    string ProtocolId { get; }

    /// <summary>
    /// Starts a muxer on a connection that it owns from now on. It reads at once; streams of the peer wait, within the muxer's limits, until
    /// <see cref="IMuxer.AcceptStreamAsync"/> takes them, so nothing is lost before the connection is registered.
    /// </summary>
    /// <param name="connection">The bytes below, secured.</param>
    /// <param name="isDialer">True on the side that dialed.</param>
    /// <param name="memory">Where the muxer reserves what it keeps of the peer; what finds no room loses its stream. Null to reserve nothing.</param>
    IMuxer Create(IDuplexStream connection, bool isDialer, MemoryReservation? memory = null);
}
