using PoUW.Core.Validation;

namespace PoUW.Network.Transports.Modelled;

/// <summary>How one direction between two hosts of a <see cref="NetworkModel"/> behaves while it works. The default is a perfect link.</summary>
public sealed record LinkProperties
{
    /// <summary>The time of a byte from one host to the other, without waiting and transmission.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>The most that is added to the latency, uniformly at random. Bytes of one connection stay in order.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>What the link carries, all connections together, first come first served; null for no limit.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>
    /// Segments of a million that are lost. A stream has no holes, so a loss shows as delay: the segment and all behind it come a retransmission
    /// timeout later, which doubles when the repetition is lost too.
    /// </summary>
    public int LossPerMillion { get; init; }

    /// <summary>The bytes of a segment, for the loss.</summary>
    public int SegmentBytes { get; init; } = 1460;

    /// <summary>The delay of the first repetition, and what a connection waits after a partition was healed.</summary>
    public TimeSpan RetransmissionTimeout { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Bytes of one connection, one way, that are on their way or arrived and not read, before a write waits: what the buffers of both systems
    /// hold. Room is given back when the bytes are read, without the time of an acknowledgement.
    /// </summary>
    public int BufferBytes { get; init; } = 1024 * 1024;

    /// <summary>Checks that the link can exist.</summary>
    public ValidationResult Validate()
    {
        bool isBad = Latency < TimeSpan.Zero || Jitter < TimeSpan.Zero || RetransmissionTimeout < TimeSpan.Zero || BytesPerSecond is < 1
            || LossPerMillion is < 0 or > 1_000_000 || SegmentBytes < 1 || BufferBytes < 1;
        return isBad
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(LinkProperties), "Times are not negative, rates and sizes positive, losses at most a million.")
            : ValidationResult.Ok;
    }

    internal LinkProperties ThrowIfInvalid()
    {
        ValidationResult valid = Validate();
        return valid.IsValid ? this : throw new ArgumentException(valid.ToString());
    }
}
