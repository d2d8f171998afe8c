namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>What a node under attack says of itself. Times are of the machine's monotonic clock, 0 for what did not happen.</summary>
internal sealed record TargetState
{
    /// <summary>The clock.</summary>
    public long Now { get; init; }

    /// <summary>When the first invalid message reached the handler.</summary>
    public long FirstInvalid { get; init; }

    /// <summary>When a peer was first seen graylisted; the node looks every 10 ms.</summary>
    public long FirstGraylisted { get; init; }

    /// <summary>When a peer was first banned, which ends its connection.</summary>
    public long FirstBanned { get; init; }

    /// <summary>Peers that were banned.</summary>
    public int Banned { get; init; }

    /// <summary>Invalid messages that reached the handler.</summary>
    public int Judged { get; init; }

    /// <summary>RPCs of gossip that arrived, those of graylisted peers included.</summary>
    public long Rpcs { get; init; }

    /// <summary>Of these, the ones of graylisted peers.</summary>
    public long RpcsGraylisted { get; init; }

    /// <summary>Bytes that arrived.</summary>
    public long Bytes { get; init; }

    /// <summary>Handshakes under way.</summary>
    public int Handshakes { get; init; }

    /// <summary>Handshakes that made room for others.</summary>
    public long Evicted { get; init; }

    /// <summary>Connections, streams, scopes and handshakes that are held.</summary>
    public int Held { get; init; }

    /// <summary>CPU time of the process.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>Resident memory of the process.</summary>
    public double Megabytes { get; init; }

    /// <summary>The most that it ever was.</summary>
    public double PeakMegabytes { get; init; }
}
