using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Transports;

/// <summary>What every transport must do.</summary>
internal abstract class TransportConformance
{
    private ITransport _transport = null!;
    private IListener _listener = null!;

    protected abstract ITransport CreateTransport();

    protected abstract Multiaddr FreeAddress { get; }

    protected abstract Multiaddr BadAddress { get; }

    [SetUp]
    public async Task ListenAsync()
    {
        _transport = CreateTransport();
        _listener = await _transport.ListenAsync(FreeAddress, CancellationToken.None).InTime();
    }

    [TearDown]
    public async Task StopAsync() => await _listener.DisposeAsync().InTime();

    [Test]
    public async Task BytesArriveInOrderBothWays()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        byte[] there = RandomBytes(1, 3_000_000);
        byte[] back = RandomBytes(2, 2_000_000);
        Task<byte[]> atB = ReadExactAsync(b, there.Length);
        Task<byte[]> atA = ReadExactAsync(a, back.Length);
        await Task.WhenAll(a.WriteAsync(there, default).InTime(), b.WriteAsync(back, default).InTime());
        Assert.That((await atB).AsSpan().SequenceEqual(there), Is.True);
        Assert.That((await atA).AsSpan().SequenceEqual(back), Is.True);
        await CloseAsync(a, b);
    }

    [Test]
    public async Task ChangingTheBufferAfterTheWriteChangesNothing()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        byte[] buffer = [1, 2, 3, 4];
        await a.WriteAsync(buffer, default).InTime();
        Array.Fill(buffer, (byte)9);
        Assert.That(await ReadExactAsync(b, 4), Is.EqualTo(new byte[] { 1, 2, 3, 4 }));
        await CloseAsync(a, b);
    }

    [Test]
    public async Task AWriterWaitsForAReader()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        byte[] block = RandomBytes(3, 64 * 1024);
        int written = 0;
        Task pending = Task.CompletedTask;
        while (pending.IsCompletedSuccessfully && written < 256 * 1024 * 1024)
        {
            pending = a.WriteAsync(block, default).AsTask();
            written += block.Length;
        }

        Assert.That(pending.IsCompleted && written >= 256 * 1024 * 1024, Is.False, "nothing held the writer back");
        byte[] all = await ReadExactAsync(b, written);
        await pending.InTime();
        Assert.That(all.Chunk(block.Length).All(part => part.AsSpan().SequenceEqual(block)), Is.True);
        await CloseAsync(a, b);
    }

    [Test]
    public async Task DialingNobodyIsRefused()
    {
        Multiaddr address = _listener.LocalAddress;
        await _listener.DisposeAsync().InTime();
        NetworkException? failure = Assert.ThrowsAsync<NetworkException>(() => _transport.DialAsync(address, default).InTime());
        Assert.That(failure!.Error, Is.EqualTo(NetworkError.Refused));
    }

    [Test]
    public void AnAddressHasOneListener()
    {
        NetworkException? failure = Assert.ThrowsAsync<NetworkException>(
            () => _transport.ListenAsync(_listener.LocalAddress, default).InTime());
        Assert.That(failure!.Error, Is.EqualTo(NetworkError.EndpointInUse));
    }

    [Test]
    public void ABadAddressIsRefused()
    {
        NetworkException? dial = Assert.ThrowsAsync<NetworkException>(() => _transport.DialAsync(BadAddress, default).InTime());
        NetworkException? listen = Assert.ThrowsAsync<NetworkException>(() => _transport.ListenAsync(BadAddress, default).InTime());
        Assert.That((dial!.Error, listen!.Error), Is.EqualTo((NetworkError.BadEndpoint, NetworkError.BadEndpoint)));
    }

    [Test]
    public async Task DisposingTheListenerEndsTheAccept()
    {
        Task<IConnection?> accept = _listener.AcceptAsync(default).AsTask();
        await _listener.DisposeAsync().InTime();
        Assert.That(await accept.InTime(), Is.Null);
        Assert.That(await _listener.AcceptAsync(default).InTime(), Is.Null);
    }

    [Test]
    public async Task CancellingEndsTheAccept()
    {
        using CancellationTokenSource cancel = new();
        Task<IConnection?> accept = _listener.AcceptAsync(cancel.Token).AsTask();
        cancel.Cancel();
        Assert.That(async () => await accept.InTime(), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task CloseLetsThePeerReadTheRestThenTheEnd()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        await a.WriteAsync(new byte[] { 5, 6 }, default).InTime();
        await a.CloseAsync().InTime();
        Assert.That(await ReadExactAsync(b, 2), Is.EqualTo(new byte[] { 5, 6 }));
        Assert.That(await b.ReadAsync(new byte[1], default).InTime(), Is.Zero);
        await b.CloseAsync().InTime();
    }

    [Test]
    public async Task WritingToAClosedPeerFails()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        await a.CloseAsync().InTime();
        Assert.That(await b.ReadAsync(new byte[1], default).InTime(), Is.Zero);
        NetworkException? failure = Assert.ThrowsAsync<NetworkException>(async () =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                await b.WriteAsync(new byte[1024], default).InTime();
            }
        });
        Assert.That(failure!.Error, Is.EqualTo(NetworkError.Closed));
        await b.CloseAsync().InTime();
    }

    [Test]
    public async Task HalfCloseEndsOneDirectionOnly()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        await a.WriteAsync(new byte[] { 1 }, default).InTime();
        await a.CloseWritingAsync().InTime();
        Assert.That(await ReadExactAsync(b, 1), Is.EqualTo(new byte[] { 1 }));
        Assert.That(await b.ReadAsync(new byte[1], default).InTime(), Is.Zero);
        await b.WriteAsync(new byte[] { 2 }, default).InTime();
        Assert.That(await ReadExactAsync(a, 1), Is.EqualTo(new byte[] { 2 }));
        Assert.ThrowsAsync<NetworkException>(() => a.WriteAsync(new byte[] { 3 }, default).InTime());
        await CloseAsync(a, b);
    }

    [Test]
    public async Task ClosingEndsOwnReadAndWriteUnderWay()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        Task<int> read = a.ReadAsync(new byte[1], default).AsTask();
        Task write = a.WriteAsync(new byte[64 * 1024 * 1024], default).AsTask();
        await a.CloseAsync().InTime();
        Assert.ThrowsAsync<NetworkException>(() => read.InTime());
        Assert.ThrowsAsync<NetworkException>(() => write.InTime());
        Assert.ThrowsAsync<NetworkException>(() => a.ReadAsync(new byte[1], default).InTime());
        Assert.ThrowsAsync<NetworkException>(() => a.WriteAsync(new byte[1], default).InTime());
        await CloseAsync(a, b);
    }

    [Test]
    public async Task ACancelledReadLosesNothing()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        using CancellationTokenSource cancel = new();
        Task<int> read = b.ReadAsync(new byte[1], cancel.Token).AsTask();
        cancel.Cancel();
        Assert.That(async () => await read.InTime(), Throws.InstanceOf<OperationCanceledException>());
        await a.WriteAsync(new byte[] { 8 }, default).InTime();
        Assert.That(await ReadExactAsync(b, 1), Is.EqualTo(new byte[] { 8 }));
        await CloseAsync(a, b);
    }

    [Test]
    public async Task AReadNeedsRoom()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        Assert.ThrowsAsync<ArgumentException>(() => a.ReadAsync(Memory<byte>.Empty, default).InTime());
        await CloseAsync(a, b);
    }

    [Test]
    public async Task CloseIsIdempotent()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        await CloseAsync(a, b);
        await a.CloseWritingAsync().InTime();
        await CloseAsync(a, b);
        Assert.ThrowsAsync<NetworkException>(() => a.ReadAsync(new byte[1], default).InTime());
    }

    protected async Task<(IConnection Dialer, IConnection Accepted)> ConnectAsync()
    {
        Task<IConnection?> accept = _listener.AcceptAsync(default).AsTask();
        IConnection dialer = await _transport.DialAsync(_listener.LocalAddress, default).InTime();
        IConnection? accepted = await accept.InTime();
        Assert.That(dialer.RemoteAddress, Is.EqualTo(_listener.LocalAddress));
        return (dialer, accepted!);
    }

    private static async Task CloseAsync(IConnection a, IConnection b)
    {
        await a.CloseAsync().InTime();
        await b.CloseAsync().InTime();
    }

    private static async Task<byte[]> ReadExactAsync(IConnection connection, int count)
    {
        byte[] bytes = new byte[count];
        int read = 0;
        while (read < count)
        {
            int step = await connection.ReadAsync(bytes.AsMemory(read), default).InTime();
            Assert.That(step, Is.Positive, "the stream ended early");
            read += step;
        }

        return bytes;
    }

    private static byte[] RandomBytes(int seed, int count)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
