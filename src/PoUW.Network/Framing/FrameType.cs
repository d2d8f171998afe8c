namespace PoUW.Network.Framing;

/// <summary>What a frame carries. Values are part of the wire format.</summary>
public enum FrameType : byte
{
    /// <summary>The first frame of each side: a <see cref="Sessions.HandshakeMessage"/>.</summary>
    Hello = 1,

    /// <summary>The sender takes the session. Empty.</summary>
    Ready = 2,

    /// <summary>The sender ends the session: one byte, a <see cref="Sessions.CloseReason"/>.</summary>
    Close = 3,

    /// <summary>A gossiped message: topic (length byte and ASCII), 32-byte message id, payload.</summary>
    Gossip = 4,

    /// <summary>A request: u32 id, protocol (length byte and ASCII), payload.</summary>
    Request = 5,

    /// <summary>The answer to a request: u32 id, status byte, payload.</summary>
    Response = 6,

    /// <summary>The requester no longer waits: u32 id.</summary>
    Cancel = 7,
}
