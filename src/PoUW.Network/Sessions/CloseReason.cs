namespace PoUW.Network.Sessions;

/// <summary>Why a session was refused or ended. Values below 100 are part of the wire format.</summary>
public enum CloseReason : byte
{
    /// <summary>Not closed.</summary>
    None = 0,

    /// <summary>The other side's protocol version is not spoken here.</summary>
    WrongVersion = 1,

    /// <summary>The other side belongs to another network.</summary>
    WrongNetwork = 2,

    /// <summary>Bytes that are no valid frame or message.</summary>
    Malformed = 3,

    /// <summary>A frame above a size limit.</summary>
    TooLarge = 4,

    /// <summary>A node reached itself.</summary>
    SelfConnection = 5,

    /// <summary>The two nodes have a session already.</summary>
    Duplicate = 6,

    /// <summary>The authorizer does not admit the peer.</summary>
    Unauthorized = 7,

    /// <summary>The peer was punished and the ban has not run out.</summary>
    Banned = 8,

    /// <summary>No free place.</summary>
    TooManyPeers = 9,

    /// <summary>The handshake took longer than its deadline.</summary>
    HandshakeTimeout = 10,

    /// <summary>A valid frame where the protocol does not allow it, or more of them than it allows.</summary>
    ProtocolViolation = 11,

    /// <summary>The node stops.</summary>
    ShuttingDown = 12,

    /// <summary>The host asked for it.</summary>
    Requested = 13,

    /// <summary>The connection broke or ended without a reason. Never sent.</summary>
    Lost = 100,

    /// <summary>The dial failed. Never sent.</summary>
    Unreachable = 101,
}
