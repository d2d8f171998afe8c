using PoUW.Network.Identity;

namespace PoUW.Network.Hosting;

/// <summary>One observation.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Peer">The peer, or null if none is known.</param>
/// <param name="Detail">Text for people.</param>
/// <param name="Failure">The exception, where there is one.</param>
public sealed record NetworkEvent(NetworkEventKind Kind, PeerId? Peer, string Detail, Exception? Failure = null);
