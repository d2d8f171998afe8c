using System.Buffers.Binary;
using PoUW.Core.Randomness;

namespace PoUW.Network.Transports.Modelled;

/// <summary>One direction between two hosts, shared by their connections. All members are called under the model's lock.</summary>
internal sealed class ModelledLink(ModelledHost from, ModelledHost to, LinkProperties properties)
{
    private const int MaxRepetitions = 6;

    private readonly List<ModelledPipe> _stalled = [];
    private readonly List<TaskCompletionSource> _waiting = [];
    private TimeSpan _free;

    public ModelledHost From => from;

    public ModelledHost To => to;

    public LinkProperties Properties { get; set; } = properties;

    public bool IsBlocked { get; private set; }

    public bool IsClogged { get; private set; }

    public bool IsOpen => !IsBlocked && !IsClogged;

    public long DeliveredBytes { get; set; }

    /// <summary>When bytes that are handed over now arrive, if nothing stops the link.</summary>
    public TimeSpan ArrivalOf(int bytes, TimeSpan now, IRandomSource random)
    {
        TimeSpan start = now > _free ? now : _free;
        start = start > from.UplinkFree ? start : from.UplinkFree;
        TimeSpan onLink = TransmissionOf(bytes, Properties.BytesPerSecond);
        TimeSpan onUplink = TransmissionOf(bytes, from.UplinkBytesPerSecond);
        _free = start + onLink;
        from.UplinkFree = start + onUplink;
        return start + (onLink > onUplink ? onLink : onUplink) + TransitTime(random) + LossDelayOf(bytes, random);
    }

    /// <summary>Latency and jitter.</summary>
    public TimeSpan TransitTime(IRandomSource random) => Properties.Jitter == TimeSpan.Zero
        ? Properties.Latency
        : Properties.Latency + new TimeSpan((long)(Properties.Jitter.Ticks * (Draw(random) / (double)uint.MaxValue)));

    public void Block() => IsBlocked = true;

    public void Unblock(TimeSpan now)
    {
        if (IsBlocked)
        {
            IsBlocked = false;
            Restart(now + Properties.RetransmissionTimeout);
        }
    }

    public void Clog() => IsClogged = true;

    public void Unclog(TimeSpan now)
    {
        if (IsClogged)
        {
            IsClogged = false;
            Restart(now);
        }
    }

    /// <summary>Remembers a pipe whose bytes are due but cannot arrive.</summary>
    public void Stall(ModelledPipe pipe) => _stalled.Add(pipe);

    /// <summary>A task that ends when the link may work again.</summary>
    public TaskCompletionSource WhenChanged()
    {
        _waiting.RemoveAll(static waiting => waiting.Task.IsCompleted);
        TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add(changed);
        return changed;
    }

    public void Wake()
    {
        foreach (TaskCompletionSource waiting in _waiting)
        {
            waiting.TrySetResult();
        }

        _waiting.Clear();
    }

    private static TimeSpan TransmissionOf(int bytes, long? bytesPerSecond) =>
        bytesPerSecond is { } rate ? new TimeSpan(bytes * TimeSpan.TicksPerSecond / rate) : TimeSpan.Zero;

    private static uint Draw(IRandomSource random)
    {
        Span<byte> bytes = stackalloc byte[4];
        random.Fill(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private void Restart(TimeSpan earliest)
    {
        if (!IsOpen)
        {
            return;
        }

        ModelledPipe[] stalled = [.. _stalled];
        _stalled.Clear();
        foreach (ModelledPipe pipe in stalled)
        {
            pipe.Resume(earliest + Properties.Latency);
        }

        Wake();
    }

    private TimeSpan LossDelayOf(int bytes, IRandomSource random)
    {
        if (Properties.LossPerMillion == 0)
        {
            return TimeSpan.Zero;
        }

        // The bytes arrive together, so the segment with the worst luck decides.
        int worst = 0;
        for (int left = bytes; left > 0; left -= Properties.SegmentBytes)
        {
            int losses = 0;
            while (losses < MaxRepetitions && Draw(random) % 1_000_000 < Properties.LossPerMillion)
            {
                losses++;
            }

            worst = Math.Max(worst, losses);
        }

        return Properties.RetransmissionTimeout * ((1 << worst) - 1);
    }
}
