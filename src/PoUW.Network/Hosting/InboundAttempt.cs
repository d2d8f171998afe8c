using PoUW.Network.Guards;

namespace PoUW.Network.Hosting;

/// <summary>What the guards gave an accepted connection.</summary>
/// <param name="Scope">Its place among the connections.</param>
/// <param name="Place">Its place among the handshakes, given back when security and muxer are agreed on.</param>
internal sealed record InboundAttempt(ConnectionScope Scope, PendingHandshake Place);
