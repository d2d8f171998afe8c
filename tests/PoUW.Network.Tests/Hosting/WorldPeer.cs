using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Negotiation;
using PoUW.Network.Security;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Hosting;

/// <summary>A peer in a world of hosts that does what a test wants. It answers the streams of the host with "na", or by the test's handler.</summary>
internal sealed class WorldPeer
{
    private readonly HostWorld _world;

    private WorldPeer(HostWorld world, IMuxer muxer) => (_world, Muxer) = (world, muxer);

    public IMuxer Muxer { get; }

    /// <summary>Dials and upgrades, then answers streams.</summary>
    /// <param name="world">The world.</param>
    /// <param name="transport">The transport of the peer's own host in the model.</param>
    /// <param name="number">Its key.</param>
    /// <param name="to">The host to dial.</param>
    /// <param name="identify">What it answers on identify, raw; null to say that it does not speak it.</param>
    public static async Task<WorldPeer> DialAsync(HostWorld world, ITransport transport, int number, int to, byte[]? identify = null)
    {
        IConnection raw = await transport.DialAsync(HostWorld.AddressOf(to), CancellationToken.None);
        ConnectionUpgrader upgrader = new(
            [new PlaintextSecurity(TestKeys.Of(number).PublicKey)], [new YamuxMuxerFactory(new YamuxOptions(), world.World.Time, world.World)]);
        PeerId? any = null;
        WorldPeer peer = new(world, (await upgrader.UpgradeAsync(raw, true, any, CancellationToken.None)).Muxer);
        _ = world.World.Spawn("peer", () => peer.AnswerAsync(identify));
        return peer;
    }

    /// <summary>Proposes a protocol on a new stream; null if the host does not speak it.</summary>
    public async Task<BufferedDuplexStream?> OpenAsync(string protocol)
    {
        BufferedDuplexStream stream = new(await Muxer.OpenStreamAsync(CancellationToken.None));
        return await MultistreamSelect.DialAsync(stream, [protocol], new MultistreamOptions(), CancellationToken.None) is null ? null : stream;
    }

    private async Task AnswerAsync(byte[]? identify)
    {
        while (await Muxer.AcceptStreamAsync(CancellationToken.None) is { } stream)
        {
            _ = _world.World.Spawn("answer", () => AnswerAsync(stream, identify));
        }
    }

    private static async Task AnswerAsync(IMuxedStream stream, byte[]? identify)
    {
        try
        {
            BufferedDuplexStream bytes = new(stream);
            string[] spoken = identify is null ? [] : ["/ipfs/id/1.0.0"];
            if (await MultistreamSelect.ListenAsync(bytes, spoken, new MultistreamOptions(), CancellationToken.None) is not null)
            {
                await bytes.WriteAsync(identify, CancellationToken.None);
            }

            await bytes.CloseAsync();
        }
        catch (NetworkException)
        {
            stream.Reset();
        }
    }
}
