using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Discovery;

/// <summary>What is known of a peer. A snapshot: immutable.</summary>
/// <param name="Id">The peer.</param>
/// <param name="Addresses">Where it may be reached, those that are worth trying first in front.</param>
/// <param name="Record">The newest peer record that it signed, as an envelope to pass on; empty if there is none.</param>
/// <param name="RecordSequence">The number of that record.</param>
/// <param name="SourceGroup">The part of the network that the news of this peer came from; empty for the operator.</param>
public sealed record KnownPeer(
    PeerId Id, IReadOnlyList<KnownAddress> Addresses, ReadOnlyMemory<byte> Record, ulong RecordSequence, string SourceGroup)
{
    /// <summary>True if a dial of any address ever reached the peer.</summary>
    public bool IsProven => Addresses.Any(static known => known.IsProven);

    /// <summary>True if the operator named it.</summary>
    public bool IsBootstrap => Addresses.Any(static known => known.Source == AddressSource.Bootstrap);

    /// <summary>When anything was last heard of it, in seconds since 1970.</summary>
    public long LastSeenSeconds => Addresses.Count == 0 ? 0 : Addresses.Max(static known => known.LastSeenSeconds);

    /// <summary>Where it may be reached.</summary>
    public IReadOnlyList<Multiaddr> Dialable => [.. Addresses.Select(static known => known.Address)];
}
