using System.Buffers;

namespace PoUW.Network.Muxing;

/// <summary>
/// What a stream has received, and how much more the peer may send: the window doubles, up to its limits, while the reader keeps pace with what one window
/// for a few round trips allows (as the go implementation does it). Used under the connection's lock.
/// </summary>
internal sealed class StreamReceiveSide(YamuxOptions options, ArrayPool<byte> pool, ReceiveBudget budget)
{
    private const int GrowthRoundTrips = 4;

    private readonly AsyncSignal _readable = new();
    private long? _grantedAt;
    private long _arriving;

    /// <summary>The bytes.</summary>
    public ReceiveBuffer Buffer { get; } = new(pool);

    /// <summary>The bytes that wait to be read plus those that the peer may send.</summary>
    public int Window { get; private set; } = YamuxOptions.InitialWindowBytes;

    /// <summary>The bytes that the peer may send.</summary>
    public long Credit { get; private set; } = YamuxOptions.InitialWindowBytes;

    /// <summary>True once the peer has said that it writes no more.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>True once nobody reads here any more.</summary>
    public bool IsClosed { get; private set; }

    private long Room => Window - Credit - _arriving - Buffer.Length;

    /// <summary>Books bytes that the peer is about to send.</summary>
    /// <returns>False if it may not.</returns>
    public bool TryUseCredit(long bytes)
    {
        bool fits = bytes <= Credit;
        Credit -= fits ? bytes : 0;
        _arriving += fits ? bytes : 0;
        return fits;
    }

    /// <summary>Bytes were added to the buffer.</summary>
    public void Arrived(int bytes)
    {
        budget.Add(bytes);
        _arriving -= bytes;
        _readable.Set();
    }

    /// <summary>Bytes were read.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="time">The clock.</param>
    /// <param name="roundTrip">That of the connection, or null if it is not known.</param>
    /// <returns>What the peer may now send in addition, if it is time to tell it; else 0.</returns>
    public long Consumed(int bytes, TimeProvider time, TimeSpan? roundTrip)
    {
        budget.Remove(bytes);
        if (IsFinished || IsClosed || Room < Window / 2)
        {
            return 0;
        }

        long now = time.GetTimestamp();
        bool isFast = roundTrip is { } trip && _grantedAt is { } before && time.GetElapsedTime(before, now) < trip * GrowthRoundTrips;
        _grantedAt = now;
        if (isFast && Window < options.MaxWindowBytes)
        {
            Window += budget.TryGrow(Math.Min(Window, options.MaxWindowBytes - Window));
        }

        long delta = Room;
        Credit += delta;
        return delta;
    }

    /// <summary>The peer writes no more.</summary>
    public void Finish()
    {
        IsFinished = true;
        _readable.Set();
    }

    /// <summary>Wakes the reader, who finds out why.</summary>
    public void Wake() => _readable.Set();

    /// <summary>Waits for more, or for the end.</summary>
    public ValueTask WaitAsync() => _readable.Wait();

    /// <summary>Ends a wait.</summary>
    public void CancelWait(CancellationToken cancellation) => _readable.Cancel(cancellation);

    /// <summary>Drops what waits and all that comes.</summary>
    public void Close()
    {
        if (!IsClosed)
        {
            IsClosed = true;
            budget.Remove(Buffer.Length);
            Buffer.Clear();
            _readable.Set();
        }
    }

    /// <summary>Gives the window back, once the stream is forgotten.</summary>
    public void ReleaseWindow()
    {
        budget.Shrink(Window - YamuxOptions.InitialWindowBytes);
        Window = YamuxOptions.InitialWindowBytes;
    }
}
