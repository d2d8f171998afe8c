namespace PoUW.Network;

/// <summary>Why a connection could not be made or used.</summary>
public enum NetworkError
{
    /// <summary>Nobody listens at the endpoint, its backlog is full, or it cannot be reached.</summary>
    Refused,

    /// <summary>Another listener holds the endpoint.</summary>
    EndpointInUse,

    /// <summary>The text of the endpoint is not one of this transport.</summary>
    BadEndpoint,

    /// <summary>The connection was closed, by this side or by the other.</summary>
    Closed,
}
