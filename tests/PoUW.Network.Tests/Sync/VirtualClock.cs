namespace PoUW.Network.Tests.Sync;

/// <summary>A clock that moves from timer to timer, in the order of due time, then of creation.</summary>
internal sealed class VirtualClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(long Due, long Sequence), VirtualTimer> _timers = [];
    private long _now;
    private long _sequence;

    public TimeSpan Elapsed => new(GetTimestamp());

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => start + Elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        VirtualTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves to the next timer and fires it; false if there is none.</summary>
    public bool FireNext()
    {
        VirtualTimer timer;
        lock (_gate)
        {
            if (_timers.Count == 0)
            {
                return false;
            }

            ((long due, _), timer) = _timers.First();
            Disarm(timer);
            Interlocked.Exchange(ref _now, Math.Max(_now, due));
        }

        timer.Fire();
        return true;
    }

    private void Disarm(VirtualTimer timer)
    {
        if (timer.Place is { } place)
        {
            _timers.Remove(place);
            timer.Place = null;
        }
    }

    private sealed class VirtualTimer(VirtualClock clock, TimerCallback callback, object? state) : ITimer
    {
        public (long Due, long Sequence)? Place { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock.Disarm(this);
                if (dueTime >= TimeSpan.Zero)
                {
                    Place = (clock._now + dueTime.Ticks, clock._sequence++);
                    clock._timers.Add(Place.Value, this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
