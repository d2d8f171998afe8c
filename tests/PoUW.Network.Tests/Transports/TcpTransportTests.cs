using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Transports;

internal sealed class TcpTransportTests : TransportConformance
{
    protected override NetworkEndpoint FreeEndpoint => new("127.0.0.1:0");

    protected override NetworkEndpoint BadEndpoint => new("127.0.0.1");

    protected override ITransport CreateTransport() => new TcpTransport();
}
