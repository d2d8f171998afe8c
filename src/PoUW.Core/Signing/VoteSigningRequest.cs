using PoUW.Core.Finality;
using PoUW.Core.Transactions;

namespace PoUW.Core.Signing;

/// <summary>
/// Asks for the signature of a transaction that carries a checkpoint vote. Two votes that conflict cost the voter's stake
/// (<see cref="CheckpointVote.ConflictsWith"/>), so a signer that keeps what it has signed can refuse the second.
/// </summary>
public sealed class VoteSigningRequest : TransactionSigningRequest
{
    internal VoteSigningRequest(TransactionBody body, CheckpointVote vote)
        : base(body)
    {
        Vote = vote;
    }

    /// <summary>The vote, which is the body's payload.</summary>
    public CheckpointVote Vote { get; }
}
