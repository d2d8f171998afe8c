using PoUW.Core;

namespace PoUW.Network;

/// <summary>Root of the exceptions of this package: failures of the transport. Bad input from a peer never throws.</summary>
public class NetworkException : PouwException
{
    /// <summary>Creates the exception with its cause and a message for people.</summary>
    public NetworkException(NetworkError error, string message)
        : base(message)
    {
        Error = error;
    }

    /// <summary>Creates the exception with its cause, a message for people and the failure below it.</summary>
    public NetworkException(NetworkError error, string message, Exception innerException)
        : base(message, innerException)
    {
        Error = error;
    }

    /// <summary>The cause, for programs.</summary>
    public NetworkError Error { get; }
}
