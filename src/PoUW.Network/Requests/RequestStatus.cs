namespace PoUW.Network.Requests;

/// <summary>How a request ended. Values below 100 are part of the wire format.</summary>
public enum RequestStatus : byte
{
    /// <summary>Answered.</summary>
    Ok = 0,

    /// <summary>The peer does not have it, or does not serve the protocol.</summary>
    NotFound = 1,

    /// <summary>The request or the response is above a size limit.</summary>
    TooLarge = 2,

    /// <summary>The peer is busy or failed to serve it.</summary>
    Refused = 3,

    /// <summary>No answer in time. Never sent.</summary>
    Timeout = 100,

    /// <summary>No connection with the peer, or it ended first. Never sent.</summary>
    Disconnected = 101,
}
