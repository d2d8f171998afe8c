using PoUW.Network.Framing;
using PoUW.Network.Sessions;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Support;

/// <summary>A peer that sends whatever bytes the test wants.</summary>
internal sealed class RawPeer(IConnection connection) : IAsyncDisposable
{
    private readonly FrameReader _reader = new(connection);

    public IConnection Connection => connection;

    public static async Task<RawPeer> DialAsync(TestNetwork network, TestNode node) =>
        new(await network.Transport.DialAsync(node.Listen, CancellationToken.None).InTime());

    /// <summary>Dials and makes a session under a name.</summary>
    public static async Task<RawPeer> JoinAsync(TestNetwork network, TestNode node, byte number)
    {
        RawPeer peer = await DialAsync(network, node);
        await peer.SendAsync(FrameType.Hello, HelloOf(number));
        await peer.SendAsync(FrameType.Ready, []);
        Assert.That((await peer.ReadAsync()).Type, Is.EqualTo(FrameType.Hello));
        Assert.That((await peer.ReadAsync()).Type, Is.EqualTo(FrameType.Ready));
        await node.Connected.WaitForAsync(id => id == TestNetwork.IdOf(number));
        return peer;
    }

    public static byte[] HelloOf(byte number) =>
        new HandshakeMessage(HandshakeMessage.CurrentVersion, TestNetwork.Genesis, TestNetwork.IdOf(number), "raw").Encode();

    public async Task SendAsync(FrameType type, byte[] body)
    {
        byte[] frame = new byte[FrameHeader.Size + body.Length];
        new FrameHeader(type, body.Length).Write(frame);
        body.CopyTo(frame, FrameHeader.Size);
        await connection.WriteAsync(frame, CancellationToken.None).InTime();
    }

    public Task SendRawAsync(byte[] bytes) => connection.WriteAsync(bytes, CancellationToken.None).InTime();

    /// <summary>The next frame; the type is 0 at the end of the stream.</summary>
    public async Task<(FrameType Type, byte[] Body)> ReadAsync()
    {
        FrameReadResult frame = await _reader.ReadHeaderAsync(16 * 1024 * 1024, CancellationToken.None).InTime();
        if (frame.IsEnd)
        {
            return default;
        }

        Assert.That(frame.Validation.IsValid, Is.True, frame.Validation.ToString());
        byte[] body = new byte[frame.Header.Length];
        Assert.That(await _reader.TryReadAsync(body, CancellationToken.None).InTime(), Is.True);
        return (frame.Header.Type, body);
    }

    /// <summary>Reads to the Close frame and returns its reason.</summary>
    public async Task<CloseReason> ReadCloseAsync()
    {
        while (true)
        {
            (FrameType type, byte[] body) = await ReadAsync();
            switch (type)
            {
                case FrameType.Close:
                    return (CloseReason)body[0];
                case 0:
                    return CloseReason.Lost;
                default:
                    continue;
            }
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
