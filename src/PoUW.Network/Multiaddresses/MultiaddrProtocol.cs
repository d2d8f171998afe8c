namespace PoUW.Network.Multiaddresses;

/// <summary>The parts of an address that this package knows, with their multicodec numbers.</summary>
public enum MultiaddrProtocol
{
    /// <summary>An IPv4 address.</summary>
    Ip4 = 4,

    /// <summary>A TCP port.</summary>
    Tcp = 6,

    /// <summary>An IPv6 address.</summary>
    Ip6 = 41,

    /// <summary>A name that resolves to IPv4 or IPv6 addresses.</summary>
    Dns = 53,

    /// <summary>A name that resolves to IPv4 addresses.</summary>
    Dns4 = 54,

    /// <summary>A name that resolves to IPv6 addresses.</summary>
    Dns6 = 55,

    /// <summary>A name whose TXT records hold addresses.</summary>
    Dnsaddr = 56,

    /// <summary>A UDP port.</summary>
    Udp = 273,

    /// <summary>A relayed connection.</summary>
    P2pCircuit = 290,

    /// <summary>A peer id.</summary>
    P2p = 421,

    /// <summary>TLS on the stream below.</summary>
    Tls = 448,

    /// <summary>QUIC, RFC 9000.</summary>
    QuicV1 = 461,

    /// <summary>WebSocket.</summary>
    Ws = 477,

    /// <summary>WebSocket over TLS.</summary>
    Wss = 478,

    /// <summary>A name in this process.</summary>
    Memory = 777,
}
