namespace PoUW.Network;

/// <summary>Why a connection or a stream could not be made or used.</summary>
public enum NetworkError
{
    /// <summary>Nobody listens at the address, its backlog is full, or it cannot be reached.</summary>
    Refused,

    /// <summary>Another listener holds the address.</summary>
    EndpointInUse,

    /// <summary>The address is not one of this transport.</summary>
    BadEndpoint,

    /// <summary>The connection or stream was closed, by this side or by the other.</summary>
    Closed,

    /// <summary>The other side broke the handshake, could not prove its id, or is another peer than expected.</summary>
    HandshakeFailed,

    /// <summary>The other side ended the stream at once.</summary>
    Reset,

    /// <summary>The other side broke a protocol.</summary>
    ProtocolViolation,

    /// <summary>The peer speaks none of the protocols asked for.</summary>
    ProtocolNotSupported,

    /// <summary>There is no connection with the peer.</summary>
    NotConnected,

    /// <summary>A limit of this node does not allow one more.</summary>
    LimitReached,
}
