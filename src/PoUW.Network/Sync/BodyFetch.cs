using PoUW.Core.Primitives;

namespace PoUW.Network.Sync;

/// <summary>A request for bodies to one peer.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Ids">What it is asked for, lowest first.</param>
internal sealed record BodyFetch(SyncPeer Peer, List<Hash256> Ids);
