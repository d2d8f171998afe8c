using PoUW.Core.Randomness;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;
using PoUW.Network.Transports.Modelled;

namespace PoUW.Network.Tests.Transports;

/// <summary>On the system's clock: links with a delay, a limit and loss, and perfect ones.</summary>
[TestFixture(false)]
[TestFixture(true)]
internal sealed class ModelledTransportTests(bool isPerfect) : TransportConformance
{
    protected override Multiaddr FreeAddress => Multiaddr.Memory("listener");

    protected override Multiaddr BadAddress => Multiaddr.Parse("/dns4/name.test/tcp/4001");

    protected override ITransport CreateTransport()
    {
        LinkProperties link = isPerfect ? new LinkProperties() : new LinkProperties
        {
            Latency = TimeSpan.FromMilliseconds(2),
            Jitter = TimeSpan.FromMilliseconds(1),
            BytesPerSecond = 200_000_000,
            LossPerMillion = 100,
            RetransmissionTimeout = TimeSpan.FromMilliseconds(3),
            BufferBytes = 256 * 1024,
        };
        NetworkModel model = new(new NetworkModelOptions { Link = link }, TimeProvider.System, new SeededRandomSource(1, "links"));
        return model.AddHost("host");
    }
}
