namespace PoUW.Network.Hosting;

/// <summary>What a node tells its observer.</summary>
public enum NetworkEventKind
{
    /// <summary>A peer was admitted.</summary>
    PeerConnected,

    /// <summary>The connection with a peer ended; the detail is the reason.</summary>
    PeerDisconnected,

    /// <summary>A handshake failed; the detail is the reason.</summary>
    HandshakeFailed,

    /// <summary>A gossiped message was rejected by its handler.</summary>
    GossipRejected,

    /// <summary>A peer did something that counts against it; the detail says what.</summary>
    PeerFault,

    /// <summary>A peer was banned.</summary>
    PeerBanned,

    /// <summary>A stream of a peer ended because the peer went away or broke a protocol; the detail says which and how.</summary>
    StreamFailed,

    /// <summary>A handler of the host threw; the exception is attached.</summary>
    HandlerFailed,

    /// <summary>The node itself failed somewhere; the exception is attached.</summary>
    InternalFailure,
}
