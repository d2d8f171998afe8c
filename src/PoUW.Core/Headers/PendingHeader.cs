using PoUW.Core.Blocks;
using PoUW.Core.Primitives;

namespace PoUW.Core.Headers;

/// <summary>A header whose witness nobody has verified, and who sent it when. The intake locks.</summary>
internal sealed class PendingHeader<TPeer>(BlockHeader header, Hash256 id)
    where TPeer : notnull
{
    internal BlockHeader Header { get; } = header;

    internal Hash256 Id { get; } = id;

    /// <summary>The peers that sent it, with the time in ticks of the clock.</summary>
    internal Dictionary<TPeer, long> Senders { get; } = [];

    /// <summary>Pending headers whose parent this is.</summary>
    internal List<PendingHeader<TPeer>> Children { get; } = [];
}
