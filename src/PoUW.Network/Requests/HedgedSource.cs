using PoUW.Network.Identity;

namespace PoUW.Network.Requests;

/// <summary>A peer that may be asked again, since it was busy.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Pause">How long it is left alone after its next busy answer.</param>
/// <param name="Due">Not to be asked before this time, in ticks of the clock.</param>
/// <param name="Until">Nor after this time; null before it was asked.</param>
internal readonly record struct HedgedSource(PeerId Peer, TimeSpan Pause, long Due = 0, long? Until = null);
