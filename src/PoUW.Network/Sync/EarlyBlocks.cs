using PoUW.Core.Blocks;
using PoUW.Core.Jobs;
using PoUW.Core.Parameters;

namespace PoUW.Network.Sync;

/// <summary>Blocks of honest peers whose clock is ahead: they are in order a little later.</summary>
internal static class EarlyBlocks
{
    /// <summary>How long to wait until a header is no longer too early; null if that is not what is wrong with it, or too long.</summary>
    internal static TimeSpan? DelayOf(BlockHeader header, NetworkParameters parameters, TimeProvider time, SyncOptions options)
    {
        ulong lead = header.Claim is null ? parameters.MaxFutureMilliseconds : WorkSchedule.LeadOf(parameters);
        ulong latest = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds() + lead;
        return header.TimestampMs > latest && header.TimestampMs - latest <= (ulong)options.MaxEarly.TotalMilliseconds
            ? TimeSpan.FromMilliseconds((long)(header.TimestampMs - latest) + 1)
            : null;
    }
}
