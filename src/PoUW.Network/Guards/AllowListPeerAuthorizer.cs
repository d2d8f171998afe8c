using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Network.Guards;

/// <summary>Admits the peers and accounts of a list, which the host may change while the node runs. Any thread.</summary>
public sealed class AllowListPeerAuthorizer : IPeerAuthorizer
{
    private readonly Lock _gate = new();
    private readonly HashSet<PeerId> _peers;
    private readonly HashSet<Address> _accounts;

    /// <summary>An authorizer with these on its list.</summary>
    /// <param name="peers">Peers, by their proven ids.</param>
    /// <param name="accounts">Accounts: peers are admitted that proved to speak for them.</param>
    public AllowListPeerAuthorizer(IEnumerable<PeerId> peers, IEnumerable<Address> accounts)
    {
        ArgumentNullException.ThrowIfNull(peers);
        ArgumentNullException.ThrowIfNull(accounts);
        (_peers, _accounts) = ([.. peers], [.. accounts]);
    }

    /// <summary>Puts a peer on the list.</summary>
    public void Add(PeerId peer)
    {
        lock (_gate)
        {
            _peers.Add(peer);
        }
    }

    /// <summary>Puts an account on the list.</summary>
    public void Add(Address account)
    {
        lock (_gate)
        {
            _accounts.Add(account);
        }
    }

    /// <summary>Takes a peer off the list. A connection that it has stays.</summary>
    public void Remove(PeerId peer)
    {
        lock (_gate)
        {
            _peers.Remove(peer);
        }
    }

    /// <summary>Takes an account off the list. Connections that its peers have stay.</summary>
    public void Remove(Address account)
    {
        lock (_gate)
        {
            _accounts.Remove(account);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ValidationResult> AuthorizeAsync(PeerDescription peer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(peer);
        lock (_gate)
        {
            bool isListed = _peers.Contains(peer.Id) || (peer.Account is { } account && _accounts.Contains(account));
            return ValueTask.FromResult(isListed
                ? ValidationResult.Ok
                : ValidationResult.Fail(ValidationCode.NotAllowed, nameof(PeerDescription.Id), $"{peer.Id} is not on the list."));
        }
    }
}
