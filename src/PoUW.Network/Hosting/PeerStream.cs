using PoUW.Network.Guards;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Streams;
using PoUW.Network.Telemetry;

namespace PoUW.Network.Hosting;

/// <summary>A stream with a peer on which a protocol was agreed. The thread rules are those of <see cref="IDuplexStream"/>.</summary>
public sealed class PeerStream : IDuplexStream
{
    private readonly IMuxedStream _stream;
    private readonly IDuplexStream _bytes;
    private volatile bool _isWritingClosed;

    /// <summary>A stream after its negotiation.</summary>
    /// <param name="peer">Who is at the other end.</param>
    /// <param name="protocol">What was agreed.</param>
    /// <param name="stream">The muxed stream.</param>
    /// <param name="bytes">Where to read and write: the stream, or a buffer over it that holds what the negotiation has read too much.</param>
    public PeerStream(PeerId peer, string protocol, IMuxedStream stream, IDuplexStream bytes)
    {
        (Peer, Protocol, _stream, _bytes) = (peer, protocol, stream, bytes);
    }

    /// <summary>Who is at the other end.</summary>
    public PeerId Peer { get; }

    /// <summary>The protocol.</summary>
    public string Protocol { get; }

    /// <summary>True if the peer opened it.</summary>
    public bool IsInbound => _stream.IsInbound;

    /// <summary>How writes are scheduled; may be changed at any time.</summary>
    public StreamPriority Priority
    {
        get => _stream.Priority;
        set => _stream.Priority = value;
    }

    /// <summary>True once this side has said that it writes no more.</summary>
    internal bool IsWritingClosed => _isWritingClosed;

    /// <summary>What the stream holds of the guards' resources, given back when it is closed or reset here; or null.</summary>
    internal StreamScope? Scope { get; init; }

    /// <summary>Gives back <see cref="Scope"/> when the connection ends before the stream is closed here.</summary>
    internal CancellationTokenRegistration Ending { get; init; }

    /// <summary>The node's name in metrics.</summary>
    internal string Node { get; init; } = "";

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation) =>
        NetworkMetrics.StreamBytes.Enabled ? ReadCountedAsync(destination, cancellation) : _bytes.ReadAsync(destination, cancellation);

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation)
    {
        Count(source.Length, "sent");
        return _bytes.WriteAsync(source, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask CloseWritingAsync()
    {
        _isWritingClosed = true;
        return _bytes.CloseWritingAsync();
    }

    /// <inheritdoc/>
    public ValueTask CloseAsync()
    {
        _isWritingClosed = true;
        Release();
        return _bytes.CloseAsync();
    }

    /// <summary>Ends both halves at once and tells the peer.</summary>
    public void Reset()
    {
        Release();
        _stream.Reset();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => CloseAsync();

    /// <summary>Writes what comes first, unless that went along with the negotiation.</summary>
    internal async ValueTask BeginAsync(ReadOnlyMemory<byte> first, bool isSent, CancellationToken cancellation)
    {
        if (first.IsEmpty)
        {
            return;
        }

        if (isSent)
        {
            Count(first.Length, "sent");
            return;
        }

        await WriteAsync(first, cancellation);
    }

    private async ValueTask<int> ReadCountedAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        int count = await _bytes.ReadAsync(destination, cancellation);
        Count(count, "received");
        return count;
    }

    private void Release()
    {
        Ending.Unregister();
        Scope?.Dispose();
    }

    private void Count(int bytes, string direction)
    {
        if (NetworkMetrics.StreamBytes.Enabled)
        {
            NetworkMetrics.StreamBytes.Add(
                bytes, NetworkMetrics.Tag(NetworkMetrics.NodeTag, Node), NetworkMetrics.Tag("protocol", Protocol), NetworkMetrics.Tag("direction", direction));
        }
    }
}
