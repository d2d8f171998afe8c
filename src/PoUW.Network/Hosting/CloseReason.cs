namespace PoUW.Network.Hosting;

/// <summary>
/// Why a connection was refused or ended. Values below 100 travel as codes of the muxer's GoAway (<see cref="CloseCodes"/>) and in answers
/// of the hello protocol.
/// </summary>
public enum CloseReason : byte
{
    /// <summary>Not closed.</summary>
    None = 0,

    /// <summary>The other side's protocol version is not spoken here.</summary>
    WrongVersion = 1,

    /// <summary>The other side belongs to another network.</summary>
    WrongNetwork = 2,

    /// <summary>Bytes that are no valid message.</summary>
    Malformed = 3,

    /// <summary>A message above a size limit.</summary>
    TooLarge = 4,

    /// <summary>A node reached itself.</summary>
    SelfConnection = 5,

    /// <summary>The two nodes have a connection already.</summary>
    Duplicate = 6,

    /// <summary>The authorizer does not admit the peer.</summary>
    Unauthorized = 7,

    /// <summary>The peer was punished and the ban has not run out.</summary>
    Banned = 8,

    /// <summary>No free place.</summary>
    TooManyPeers = 9,

    /// <summary>The handshake took longer than its deadline.</summary>
    HandshakeTimeout = 10,

    /// <summary>A valid message where the protocol does not allow it, or more of them than it allows.</summary>
    ProtocolViolation = 11,

    /// <summary>The node stops.</summary>
    ShuttingDown = 12,

    /// <summary>The host asked for it.</summary>
    Requested = 13,

    /// <summary>The connection broke or ended without a reason. Never sent.</summary>
    Lost = 100,

    /// <summary>The dial failed. Never sent.</summary>
    Unreachable = 101,

    /// <summary>The peer is another one than the address names, or could not prove who it is. Never sent.</summary>
    WrongPeer = 102,

    /// <summary>An earlier dial failed, and it is too soon for the next. Never sent.</summary>
    TooSoon = 103,
}
