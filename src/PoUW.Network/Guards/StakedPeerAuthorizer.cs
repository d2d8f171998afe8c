using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Network.Guards;

/// <summary>
/// Admits peers that proved to speak for an account with enough stake. Who has stake is asked at every handshake; a peer whose stake goes later
/// keeps its connection until the host ends it. A node that knows no state yet knows no stakes either: give it trusted peers to sync from.
/// </summary>
public sealed class StakedPeerAuthorizer : IPeerAuthorizer
{
    private readonly Func<Address, Amount> _stakeOf;
    private readonly Amount _minimum;
    private readonly HashSet<PeerId> _trusted;

    /// <summary>An authorizer over a view of the stakes.</summary>
    /// <param name="stakeOf">The stake of an account on the current head; called from any thread, must answer at once.</param>
    /// <param name="minimum">The least stake; above zero.</param>
    /// <param name="trusted">Peers that need no stake, such as the operator's own and the bootstrap nodes.</param>
    public StakedPeerAuthorizer(Func<Address, Amount> stakeOf, Amount minimum, IEnumerable<PeerId> trusted)
    {
        ArgumentNullException.ThrowIfNull(stakeOf);
        ArgumentNullException.ThrowIfNull(trusted);
        if (minimum == Amount.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(minimum), "Without a least stake everybody is admitted.");
        }

        (_stakeOf, _minimum, _trusted) = (stakeOf, minimum, [.. trusted]);
    }

    /// <inheritdoc/>
    public ValueTask<ValidationResult> AuthorizeAsync(PeerDescription peer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return ValueTask.FromResult(Check(peer));
    }

    private ValidationResult Check(PeerDescription peer)
    {
        if (_trusted.Contains(peer.Id))
        {
            return ValidationResult.Ok;
        }

        if (peer.Account is not { } account)
        {
            return ValidationResult.Fail(ValidationCode.NotAllowed, nameof(PeerDescription.Account), "Only peers of staking accounts are admitted, and this one names none.");
        }

        return _stakeOf(account).CompareTo(_minimum) >= 0
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.StakeTooSmall, nameof(PeerDescription.Account), $"The stake of {account} is below the least one.");
    }
}
