using PoUW.Network.Guards;

namespace PoUW.Network.Muxing;

/// <summary>What the peer may say, and what it changes. Takes the connection's lock.</summary>
internal sealed class YamuxRules(YamuxSession session)
{
    private readonly TokenBucket _pings = new(session.Options.Pings, session.Time);
    private int _useless;

    private StreamTable Streams => session.Streams;

    /// <summary>Applies a header.</summary>
    /// <param name="header">A well-formed one.</param>
    /// <param name="stream">Where the payload goes; null to drop it.</param>
    /// <returns>What the peer has done wrong, or null.</returns>
    public string? Take(YamuxFrameHeader header, out YamuxStream? stream)
    {
        stream = null;
        lock (session.Gate)
        {
            return header.Type switch
            {
                YamuxFrameType.Ping => TakePing(header),
                YamuxFrameType.GoAway => TakeGoAway(header),
                _ => TakeStreamFrame(header, out stream),
            };
        }
    }

    /// <summary>Applies what comes after the payload.</summary>
    public void EndFrame(YamuxStream? stream, YamuxFrameHeader header)
    {
        if (stream is null || (header.Flags & YamuxFlags.Fin) == 0)
        {
            return;
        }

        lock (session.Gate)
        {
            stream.Receives.Finish();
            if (stream.Sends.IsFinished)
            {
                Streams.Forget(stream);
            }
        }
    }

    private string? TakePing(YamuxFrameHeader header)
    {
        switch (header.Flags)
        {
            case YamuxFlags.Syn:
                if (_pings.TryTake())
                {
                    session.Sender.QueuePong(header.Length);
                }

                return null;
            case YamuxFlags.Ack:
                return session.Pings.TryAnswer(header.Length) ? null : $"An answer to ping {header.Length}, which is not under way.";
            default:
                return $"A ping with flags {header.Flags}.";
        }
    }

    private string? TakeGoAway(YamuxFrameHeader header)
    {
        session.EndedByPeer(header.Length);
        return null;
    }

    private string? TakeStreamFrame(YamuxFrameHeader header, out YamuxStream? stream)
    {
        stream = null;
        if ((header.Flags & YamuxFlags.Syn) != 0 && Streams.OpenByPeer(header.StreamId, out _) is { } fault)
        {
            return fault;
        }

        YamuxStream? target = Streams.Find(header.StreamId);
        if (target is null)
        {
            return TakeLate(header);
        }

        if ((header.Flags & YamuxFlags.Ack) != 0)
        {
            Streams.Acknowledge(target);
        }

        if ((header.Flags & YamuxFlags.Rst) != 0)
        {
            target.ResetByPeer();
            return header.Type == YamuxFrameType.Data ? TakeLate(header) : null;
        }

        return header.Type == YamuxFrameType.Data ? TakeData(target, header, out stream) : TakeWindow(target, header, out stream);
    }

    private string? TakeLate(YamuxFrameHeader header)
    {
        if (!Streams.WasOpen(header.StreamId))
        {
            return $"A frame for stream {header.StreamId}, which was never open.";
        }

        long bytes = header.Type == YamuxFrameType.Data ? header.Length : 0;
        return Streams.TryTakeLate(bytes) ? CountUseless(header, bytes > 0) : $"More for stream {header.StreamId} than its window allowed.";
    }

    private string? TakeData(YamuxStream target, YamuxFrameHeader header, out YamuxStream? stream)
    {
        stream = null;
        if (target.Receives.IsFinished)
        {
            return $"Data for stream {target.Id} after its end.";
        }

        if (!target.Receives.TryUseCredit(header.Length))
        {
            return $"{header.Length} bytes for stream {target.Id}, whose window is {target.Receives.Credit}.";
        }

        if (header.Length > 0 && target.ClosedAt is not null)
        {
            // Nobody reads it: a writer would wait for room in vain.
            target.ResetHere();
            return null;
        }

        if (!session.ReceiveBudget.Fits(header.Length))
        {
            target.ResetForRoom();
            return null;
        }

        stream = target;
        return CountUseless(header, header.Length > 0);
    }

    private string? TakeWindow(YamuxStream target, YamuxFrameHeader header, out YamuxStream? stream)
    {
        stream = target;
        target.Sends.Window += header.Length;
        if (target.Sends.Window > uint.MaxValue)
        {
            return $"A window of {target.Sends.Window} bytes for stream {target.Id}.";
        }

        session.Sender.Schedule(target);
        return CountUseless(header, header.Length > 0);
    }

    private string? CountUseless(YamuxFrameHeader header, bool carries)
    {
        _useless = carries || header.Flags != YamuxFlags.None ? 0 : _useless + 1;
        return _useless > session.Options.MaxUselessFrames ? $"{_useless} frames in a row that carry nothing." : null;
    }
}
