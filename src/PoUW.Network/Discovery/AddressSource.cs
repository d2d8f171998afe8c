namespace PoUW.Network.Discovery;

/// <summary>How this node learned of an address. The numbers are part of the stored form.</summary>
public enum AddressSource
{
    /// <summary>The operator wrote it. Never forgotten, never displaced.</summary>
    Bootstrap = 0,

    /// <summary>The peer signed it; who passed it on does not matter.</summary>
    SignedRecord = 1,

    /// <summary>The peer itself said it over a connection of its own.</summary>
    Identify = 2,

    /// <summary>Another peer said it.</summary>
    Exchange = 3,

    /// <summary>A rendezvous point said it.</summary>
    Rendezvous = 4,

    /// <summary>This node has dialed it with success.</summary>
    Dialed = 5,
}
