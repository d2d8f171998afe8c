using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Discovery;

/// <summary>What is known of one address of a peer. Times are in whole seconds since 1970, 0 for never.</summary>
/// <param name="Address">The address, without the peer at its end.</param>
/// <param name="Source">How it was learned.</param>
/// <param name="LastSeenSeconds">When somebody last claimed it, or it was last in use.</param>
/// <param name="LastSuccessSeconds">When a dial of it last reached the peer.</param>
/// <param name="LastFailureSeconds">When a dial of it last failed.</param>
/// <param name="Failures">Failed dials since the last success.</param>
public sealed record KnownAddress(
    Multiaddr Address, AddressSource Source, long LastSeenSeconds, long LastSuccessSeconds = 0, long LastFailureSeconds = 0, int Failures = 0)
{
    /// <summary>True if a dial of it ever reached the peer.</summary>
    public bool IsProven => LastSuccessSeconds > 0;
}
