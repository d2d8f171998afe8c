using PoUW.Core.Runtime;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Negotiation;
using PoUW.Network.Security;
using PoUW.Network.Streams;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Support;

/// <summary>
/// A peer that does what the test wants, step by step: over plaintext and yamux, with hello and streams by hand. It speaks none of the protocols that
/// the node opens, and says so.
/// </summary>
internal sealed class RawPeer : IAsyncDisposable
{
    private readonly IdentityKey _key;
    private readonly Dictionary<BufferedDuplexStream, IMuxedStream> _streams = [];
    private readonly Task _answering;

    private RawPeer(IdentityKey key, IMuxer muxer)
    {
        (_key, Muxer) = (key, muxer);
        _answering = AnswerAsync();
    }

    public IMuxer Muxer { get; }

    /// <summary>Why the node ended the connection.</summary>
    public async Task<CloseReason> EndAsync() => CloseCodes.ToReason(await Muxer.Completion.InTime());

    /// <summary>Dials and upgrades, no more.</summary>
    public static async Task<RawPeer> DialAsync(TestNetwork network, TestNode node, byte number)
    {
        IdentityKey key = TestKeys.Of(number);
        IConnection raw = await network.Transport.DialAsync(node.Listen, CancellationToken.None).InTime();
        ConnectionUpgrader upgrader = new(
            [new PlaintextSecurity(key.PublicKey)], [new YamuxMuxerFactory(new YamuxOptions(), network.Time, new ThreadPoolSpawner())]);
        return new RawPeer(key, (await upgrader.UpgradeAsync(raw, true, node.Node.Id, CancellationToken.None).InTime()).Muxer);
    }

    /// <summary>Dials and is admitted.</summary>
    public static async Task<RawPeer> JoinAsync(TestNetwork network, TestNode node, byte number)
    {
        RawPeer peer = await DialAsync(network, node, number);
        BufferedDuplexStream hello = await peer.SayHelloAsync(HelloOf());
        Assert.That(await DelimitedMessages.ReadAsync(hello, HelloMessage.MaxBytes, CancellationToken.None).InTime(), Is.Not.Null);
        byte[] answer = [0];
        if (peer._key.Id < node.Node.Id)
        {
            await hello.WriteAsync(answer, CancellationToken.None);
            await DelimitedMessages.TryFillAsync(hello, answer, CancellationToken.None).InTime();
        }
        else
        {
            await DelimitedMessages.TryFillAsync(hello, answer, CancellationToken.None).InTime();
            await hello.WriteAsync(new byte[1], CancellationToken.None);
        }

        Assert.That(answer[0], Is.Zero);
        await hello.CloseAsync();
        await node.Connected.WaitForAsync(id => id == peer._key.Id);
        return peer;
    }

    public static byte[] HelloOf(uint version = HelloMessage.CurrentVersion) =>
        DelimitedMessages.Encode(new HelloMessage(version, TestNetwork.Genesis, "raw", default).Encode());

    /// <summary>Opens the hello stream and sends bytes.</summary>
    public async Task<BufferedDuplexStream> SayHelloAsync(byte[] bytes)
    {
        BufferedDuplexStream stream = await OpenAsync("/pouw/hello/1");
        await stream.WriteAsync(bytes, CancellationToken.None);
        return stream;
    }

    /// <summary>Opens a stream and agrees on a protocol.</summary>
    public async Task<BufferedDuplexStream> OpenAsync(string protocol)
    {
        IMuxedStream muxed = await Muxer.OpenStreamAsync(CancellationToken.None).InTime();
        BufferedDuplexStream stream = new(muxed);
        _streams[stream] = muxed;
        string? agreed = await MultistreamSelect.DialAsync(stream, [protocol], new MultistreamOptions(), CancellationToken.None).InTime();
        Assert.That(agreed, Is.EqualTo(protocol));
        return stream;
    }

    /// <summary>Ends a stream that <see cref="OpenAsync"/> gave, at once.</summary>
    public void Reset(BufferedDuplexStream stream) => _streams[stream].Reset();

    public async ValueTask DisposeAsync()
    {
        await Muxer.CloseAsync(0);
        await _answering;
    }

    private async Task AnswerAsync()
    {
        while (await Muxer.AcceptStreamAsync(CancellationToken.None) is { } stream)
        {
            try
            {
                await MultistreamSelect.ListenAsync(new BufferedDuplexStream(stream), [], new MultistreamOptions(), CancellationToken.None);
                await stream.CloseAsync();
            }
            catch (NetworkException)
            {
                stream.Reset();
            }
        }
    }
}
