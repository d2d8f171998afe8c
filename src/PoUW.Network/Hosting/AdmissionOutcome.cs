namespace PoUW.Network.Hosting;

/// <summary>How an admission ended.</summary>
/// <param name="Reason">None if the peer is admitted.</param>
/// <param name="ByPeer">True if the peer refused.</param>
internal readonly record struct AdmissionOutcome(CloseReason Reason, bool ByPeer = false);
