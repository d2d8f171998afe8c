using PoUW.Network.Multiaddresses;
using PoUW.Network.Streams;

namespace PoUW.Network.Transports;

/// <summary>A connection of a transport: a duplex byte stream that leads somewhere.</summary>
public interface IConnection : IDuplexStream
{
    /// <summary>The other side's address as this side sees it, without a peer: it proves nothing.</summary>
    Multiaddr RemoteAddress { get; }

    /// <summary>This side's address, without a peer.</summary>
    Multiaddr LocalAddress { get; }
}
