using PoUW.Network.Identity;
using PoUW.Network.Streams;

namespace PoUW.Network.Security;

/// <summary>
/// Turns a byte stream into one whose other end is known. Implementations hold this node's identity key and share nothing else. A result
/// proves the peer's id unless the protocol's own documentation says that it is a claim.
/// </summary>
public interface ISecurityProtocol
{
    /// <summary>The id that is negotiated, such as <c>/tls/1.0.0</c>.</summary>
    string ProtocolId { get; }

    /// <summary>Runs the handshake on a stream that it owns from now on: it is closed if the handshake fails.</summary>
    /// <param name="stream">The bytes below.</param>
    /// <param name="isDialer">True on the side that dialed.</param>
    /// <param name="expected">The peer that the dialer wants, or null to take any.</param>
    /// <param name="muxers">The muxers that this side speaks, best first, for protocols that agree on one early.</param>
    /// <param name="cancellation">Ends the handshake.</param>
    /// <exception cref="NetworkException">
    /// The stream broke, or (<see cref="NetworkError.HandshakeFailed"/>) the peer broke the protocol, could not prove its id, or is another
    /// one than expected.
    /// </exception>
    ValueTask<SecureChannel> SecureAsync(
        IDuplexStream stream, bool isDialer, PeerId? expected, IReadOnlyList<string> muxers, CancellationToken cancellation);
}
