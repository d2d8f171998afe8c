namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>The kind of a message; the numbers are those of the libp2p specification.</summary>
public enum RendezvousMessageType
{
    /// <summary>Registers the sender in a namespace.</summary>
    Register = 0,

    /// <summary>Answers a registration.</summary>
    RegisterResponse = 1,

    /// <summary>Takes the sender out of a namespace. Not answered.</summary>
    Unregister = 2,

    /// <summary>Asks for the registrations of a namespace.</summary>
    Discover = 3,

    /// <summary>Answers that.</summary>
    DiscoverResponse = 4,
}
