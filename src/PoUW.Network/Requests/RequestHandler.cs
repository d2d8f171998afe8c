using PoUW.Network.Identity;

namespace PoUW.Network.Requests;

/// <summary>
/// Answers a request: the response, which must not change afterwards, or null for "not found". The token is cancelled when the requester went
/// away.
/// </summary>
public delegate ValueTask<ReadOnlyMemory<byte>?> RequestHandler(PeerId peer, ReadOnlyMemory<byte> request, CancellationToken cancellation);
