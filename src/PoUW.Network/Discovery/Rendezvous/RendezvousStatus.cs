namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>The outcome of a request to a rendezvous point; the numbers are those of the libp2p specification.</summary>
public enum RendezvousStatus
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>The namespace is empty or too long.</summary>
    InvalidNamespace = 100,

    /// <summary>The record is not one, is not signed by the peer that registers, or has no address.</summary>
    InvalidSignedPeerRecord = 101,

    /// <summary>The registration would live too short or too long.</summary>
    InvalidTtl = 102,

    /// <summary>The cookie is not one of this point for the namespace.</summary>
    InvalidCookie = 103,

    /// <summary>The peer may not do this here.</summary>
    NotAuthorized = 200,

    /// <summary>The point has failed.</summary>
    InternalError = 300,

    /// <summary>The point takes no more of this now.</summary>
    Unavailable = 400,
}
