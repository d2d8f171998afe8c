namespace PoUW.Network.Muxing;

/// <summary>The one ping that may be under way, and what pings have shown. Used under the connection's lock.</summary>
internal sealed class PingState(TimeProvider time)
{
    private TaskCompletionSource<TimeSpan>? _waiters;
    private uint _number;
    private long _sentAt;

    /// <summary>The smoothed time of a round trip, or null before the first answer.</summary>
    public TimeSpan? RoundTrip { get; private set; }

    /// <summary>True from the wish for a ping to its answer.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>True while the ping was not sent yet.</summary>
    public bool IsQueued { get; private set; }

    /// <summary>Starts a ping unless one is under way.</summary>
    public void Begin()
    {
        if (!IsUnderWay)
        {
            (IsUnderWay, IsQueued) = (true, true);
        }
    }

    /// <summary>The result of the ping that is under way.</summary>
    public Task<TimeSpan> WaitAsync()
    {
        _waiters ??= new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _waiters.Task;
    }

    /// <summary>The ping is sent now.</summary>
    /// <returns>Its number.</returns>
    public uint Send()
    {
        IsQueued = false;
        _sentAt = time.GetTimestamp();
        _number = _number == uint.MaxValue ? 0 : _number + 1;
        return _number;
    }

    /// <returns>False if this answers nothing.</returns>
    public bool TryAnswer(uint number)
    {
        if (!IsUnderWay || IsQueued || number != _number)
        {
            return false;
        }

        IsUnderWay = false;
        TimeSpan trip = time.GetElapsedTime(_sentAt);
        RoundTrip = RoundTrip is { } before ? (before + trip) / 2 : trip;
        _waiters?.TrySetResult(trip);
        _waiters = null;
        return true;
    }

    /// <summary>The connection ended.</summary>
    public void Break(NetworkException failure)
    {
        _waiters?.TrySetException(failure);
        _waiters = null;
    }
}
