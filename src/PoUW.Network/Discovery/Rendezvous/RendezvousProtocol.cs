namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>The name of the protocol.</summary>
public static class RendezvousProtocol
{
    /// <summary>The id that streams negotiate.</summary>
    public const string Id = "/rendezvous/1.0.0";
}
