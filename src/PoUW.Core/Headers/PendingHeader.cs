using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Primitives;

namespace PoUW.Core.Headers;

/// <summary>A header whose witness nobody has verified, and who sent it when. The intake locks.</summary>
/// <param name="header">The header.</param>
/// <param name="id">Its id.</param>
/// <param name="claimedWork">The work of its chain, if its headers told the truth.</param>
internal sealed class PendingHeader<TPeer>(BlockHeader header, Hash256 id, BigInteger claimedWork)
    where TPeer : notnull
{
    internal BlockHeader Header { get; } = header;

    internal Hash256 Id { get; } = id;

    internal BigInteger ClaimedWork { get; } = claimedWork;

    /// <summary>A seal of the header that was verified; null if none was.</summary>
    internal ProducerSeal? Seal { get; set; }

    /// <summary>The peers that sent it, with the time in ticks of the clock.</summary>
    internal Dictionary<TPeer, long> Senders { get; } = [];

    /// <summary>The peers in the order in which they sent it.</summary>
    internal List<TPeer> SenderOrder { get; } = [];

    /// <summary>Pending headers whose parent this is.</summary>
    internal List<PendingHeader<TPeer>> Children { get; } = [];
}
