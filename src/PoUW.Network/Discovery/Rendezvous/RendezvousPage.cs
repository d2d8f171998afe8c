using PoUW.Network.Identity;

namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>What a rendezvous point told of a namespace.</summary>
/// <param name="Status">The outcome.</param>
/// <param name="Peers">Records whose signatures were verified, with the envelopes to pass on.</param>
/// <param name="Refused">Registrations whose records were not valid.</param>
/// <param name="Cookie">Where to go on; empty if the point gave none.</param>
public sealed record RendezvousPage(
    RendezvousStatus Status, IReadOnlyList<(PeerRecord Record, ReadOnlyMemory<byte> Envelope)> Peers, int Refused, ReadOnlyMemory<byte> Cookie);
