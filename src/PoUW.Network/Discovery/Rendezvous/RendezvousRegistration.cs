namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>A registration, as a peer asks for one and as others find it.</summary>
/// <param name="Namespace">Where it is registered.</param>
/// <param name="SignedPeerRecord">The envelope that the peer has signed, not looked at by the codec.</param>
/// <param name="TtlSeconds">How long it lives, or goes on living; null if the sender leaves it to the point.</param>
public sealed record RendezvousRegistration(string Namespace, ReadOnlyMemory<byte> SignedPeerRecord, ulong? TtlSeconds);
