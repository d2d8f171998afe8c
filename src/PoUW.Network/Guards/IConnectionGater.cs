using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Guards;

/// <summary>
/// Says no early. The host asks at three moments; anything but Ok ends the attempt, with the message in the log and nothing told to the other side
/// before its id is proven. Called from any thread and concurrently, must answer at once, must not call back. The do-nothing implementation is
/// <see cref="RejectingConnectionGater"/>.
/// </summary>
public interface IConnectionGater
{
    /// <summary>Before a dial.</summary>
    /// <param name="peer">The peer that is expected, if one is.</param>
    /// <param name="address">Where to.</param>
    ValidationResult MayDial(PeerId? peer, Multiaddr address);

    /// <summary>After the transport accepted a connection, before a byte of it is read. The connection is closed if not.</summary>
    ValidationResult MayAccept(Multiaddr remote);

    /// <summary>After the security handshake, on both sides: the peer's id is proven. The connection is closed if not.</summary>
    ValidationResult MayKeep(PeerId peer, Multiaddr remote, bool isInbound);
}
