using PoUW.Network.Streams;

namespace PoUW.Network.Muxing;

/// <summary>One of many streams over a connection. The thread rules are those of <see cref="IDuplexStream"/>.</summary>
public interface IMuxedStream : IDuplexStream
{
    /// <summary>The number of the stream on its connection.</summary>
    uint Id { get; }

    /// <summary>True if the other side opened it.</summary>
    bool IsInbound { get; }

    /// <summary>How its writes are scheduled against those of the connection's other streams. May be set at any time.</summary>
    StreamPriority Priority { get; set; }

    /// <summary>Ends both halves at once and tells the other side, whose reads and writes fail then. Never waits. Idempotent.</summary>
    void Reset();
}
