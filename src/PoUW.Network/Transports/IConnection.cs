using PoUW.Network.Streams;

namespace PoUW.Network.Transports;

/// <summary>A connection of a transport: a duplex byte stream that leads somewhere.</summary>
public interface IConnection : IDuplexStream
{
    /// <summary>The other side's address, for logs: it proves nothing.</summary>
    NetworkEndpoint RemoteEndpoint { get; }
}
