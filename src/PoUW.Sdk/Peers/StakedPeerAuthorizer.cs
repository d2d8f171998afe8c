using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Staking;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Sdk.Peers;

/// <summary>Admits peers that are bound to an account with enough stake, and those that the operator named. Thread-safe.</summary>
internal sealed class StakedPeerAuthorizer(BlockChain chain, IEnumerable<PeerId> named) : IPeerAuthorizer
{
    private readonly HashSet<PeerId> _named = [.. named];

    public ValueTask<ValidationResult> AuthorizeAsync(PeerDescription peer, CancellationToken cancellation) =>
        ValueTask.FromResult(_named.Contains(peer.Id) ? ValidationResult.Ok : Judge(peer));

    private ValidationResult Judge(PeerDescription peer)
    {
        if (peer.Account is not { } account)
        {
            return Refuse($"{peer.Id} is bound to no account.");
        }

        ChainHead head = chain.Head;
        StakeAccount stake = StakeLedger.Get(chain.StateAt(head), account);
        Amount least = chain.Parameters.MinimumWorkerStake;
        if (stake.BannedUntil > head.Height)
        {
            return Refuse($"{account} is banned until height {stake.BannedUntil}.");
        }

        return stake.Bonded >= least ? ValidationResult.Ok : Refuse($"{account} has {stake.Bonded} at stake; {least} is needed.");
    }

    private static ValidationResult Refuse(string detail) => ValidationResult.Fail(ValidationCode.NotAllowed, nameof(PeerDescription.Account), detail);
}
