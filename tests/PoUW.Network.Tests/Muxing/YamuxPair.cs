using PoUW.Core.Runtime;
using PoUW.Network.Muxing;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Muxing;

/// <summary>Two yamux ends over memory.</summary>
internal sealed class YamuxPair : IAsyncDisposable
{
    public YamuxPair(
        YamuxOptions? options = null, TimeProvider? time = null, ISpawner? spawner = null, int capacityBytes = 256 * 1024, TimeSpan? latency = null)
    {
        (DialerBelow, ListenerBelow) = DuplexPair.Create(capacityBytes, latency is null ? null : time, latency ?? default);
        YamuxMuxerFactory factory = new(options ?? new YamuxOptions(), time ?? TimeProvider.System, spawner ?? new ThreadPoolSpawner(), Pool);
        Dialer = factory.Create(DialerBelow, isDialer: true);
        Listener = factory.Create(ListenerBelow, isDialer: false);
    }

    public CountingPool Pool { get; } = new();

    public TestDuplex DialerBelow { get; }

    public TestDuplex ListenerBelow { get; }

    public IMuxer Dialer { get; }

    public IMuxer Listener { get; }

    public async Task<(IMuxedStream Opened, IMuxedStream Accepted)> OpenAsync()
    {
        IMuxedStream opened = await Dialer.OpenStreamAsync(CancellationToken.None);
        IMuxedStream accepted = (await Listener.AcceptStreamAsync(CancellationToken.None))!;
        Assert.That(accepted.Id, Is.EqualTo(opened.Id));
        return (opened, accepted);
    }

    public async ValueTask DisposeAsync()
    {
        await Dialer.CloseAsync(0);
        await Listener.CloseAsync(0);
    }
}

/// <summary>Short forms for tests.</summary>
internal static class DuplexStreamExtensions
{
    public static ValueTask WriteAsync(this IDuplexStream stream, byte[] bytes) => stream.WriteAsync(bytes, CancellationToken.None);

    /// <summary>Reads exactly so many bytes, or fewer at the end.</summary>
    public static async Task<byte[]> ReadAsync(this IDuplexStream stream, int count)
    {
        byte[] bytes = new byte[count];
        int filled = 0;
        while (filled < count)
        {
            int read = await stream.ReadAsync(bytes.AsMemory(filled), CancellationToken.None);
            if (read == 0)
            {
                break;
            }

            filled += read;
        }

        return bytes[..filled];
    }

    /// <summary>Reads and drops until a read fails, which it must in this way.</summary>
    public static async Task ReadUntilAsync(this IDuplexStream stream, NetworkError error)
    {
        NetworkException? failure = Assert.ThrowsAsync<NetworkException>(async () =>
        {
            while (await stream.ReadAsync(1000).InTime() is { Length: > 0 })
            {
                // Not yet.
            }
        });
        Assert.That(failure!.Error, Is.EqualTo(error));
        await Task.CompletedTask;
    }
}
