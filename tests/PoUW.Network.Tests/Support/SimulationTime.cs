namespace PoUW.Network.Tests.Support;

/// <summary>
/// The clock of a <see cref="SimulationWorld"/>. It stands still while anything is ready to run and then jumps to the timer that is due next; timers
/// of the same instant fire in the order in which they were armed.
/// </summary>
internal sealed class SimulationTime(Action onUse, DateTimeOffset start) : TimeProvider
{
    private readonly PriorityQueue<(SimulationTimer Timer, long Version), (long Due, long Sequence)> _due = new();
    private long _now;
    private long _sequence;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The time since the world began.</summary>
    public TimeSpan Now => new(_now);

    public override long GetTimestamp()
    {
        onUse();
        return _now;
    }

    public override DateTimeOffset GetUtcNow() => start + new TimeSpan(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        SimulationTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves to the next timer and fires it, or leaves the clock alone and returns false if none is due up to the end.</summary>
    public bool TryFireNext(TimeSpan end)
    {
        while (_due.TryPeek(out (SimulationTimer Timer, long Version) next, out (long Due, long Sequence) at))
        {
            if (next.Version != next.Timer.Version)
            {
                _due.Dequeue();
                continue;
            }

            if (at.Due > end.Ticks)
            {
                return false;
            }

            _due.Dequeue();
            _now = at.Due;
            next.Timer.Fire();
            return true;
        }

        return false;
    }

    private sealed class SimulationTimer(SimulationTime owner, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        /// <summary>Counts the changes: an entry of an older version is void.</summary>
        public long Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            owner.GetTimestamp();
            Version++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                owner._due.Enqueue((this, Version), (owner._now + dueTime.Ticks, owner._sequence++));
            }

            return true;
        }

        public void Fire()
        {
            Version++;
            if (_period > TimeSpan.Zero)
            {
                Change(_period, _period);
            }

            callback(state);
        }

        public void Dispose()
        {
            Version++;
            _period = Timeout.InfiniteTimeSpan;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
