namespace PoUW.Network.Muxing;

/// <summary>Why a muxed connection ended.</summary>
/// <param name="Code">The code that the ending side gave: 0 normal, 1 protocol error, 2 internal error, others by agreement; null if the connection broke.</param>
/// <param name="ByPeer">True if the other side ended it, or it broke.</param>
/// <param name="Detail">For people.</param>
public sealed record MuxerEnd(uint? Code, bool ByPeer, string Detail);
