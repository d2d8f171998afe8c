namespace PoUW.Network.Hosting;

/// <summary>Serves a stream that a peer opened. The token is cancelled when the host stops or the connection ends.</summary>
public delegate Task StreamHandler(PeerStream stream, CancellationToken cancellation);
