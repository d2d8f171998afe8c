using PoUW.Core;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Economics.Staking;
using PoUW.Training.Ledger;

namespace PoUW.Sdk.Voting;

/// <summary>
/// The voting part of the validator role: signs the next vote of the voter's rule. A vote is in the store before it is sent, so that a
/// restart never signs a conflicting one, and it is sent again until it is on chain.
/// </summary>
internal sealed class CheckpointVoter(
    AccountSender sender, ILedgerAccess ledger, IKeyValueStore store, Func<Checkpoint, ulong?> timeOf, Action<string> warn)
{
    private const ulong ResendAfterBlocks = 4;

    private static readonly byte[] LastVoteKey = "voter/last"u8.ToArray();

    private readonly VotingPause _pause = new(store, ledger.Parameters, timeOf);
    private ulong _sentHeight;
    private CheckpointVote? _sent;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            if (_pause.IsActive)
            {
                warn("the store was repaired and may have lost the last vote: this node does not vote until none from before can conflict");
            }

            while (!cancellation.IsCancellationRequested)
            {
                LedgerView view = ledger.View;
                Vote(view);
                await ledger.WaitForChangeAsync(view.Version, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Cancellation is how this loop ends.
        }
    }

    private void Vote(LedgerView view)
    {
        StakeAccount stake = StakeLedger.Get(view.State, sender.Key.Address);
        if (!StakeLedger.IsActive(stake, StakeRoles.Validator, view.Height, ledger.Parameters.MinimumValidatorStake))
        {
            return;
        }

        CheckpointVote? last = LastVote();
        if (VoteRule.Next(view.State, last) is { } next)
        {
            if (!_pause.Admits(next))
            {
                return;
            }

            store.Apply(new WriteBatch().Put(LastVoteKey, next.Encode()));
            Send(next, view);
        }
        else if (last is not null && IsMissing(view, last))
        {
            Send(last, view);
        }
    }

    /// <summary>True if the last vote is of this chain, still counts for something, and is not on chain although it had the time.</summary>
    private bool IsMissing(LedgerView view, CheckpointVote last) =>
        (_sent != last || view.Height >= _sentHeight + ResendAfterBlocks)
        && FinalityLedger.LastVote(view.State, sender.Key.Address) != last
        && FinalityLedger.CheckpointId(view.State, last.TargetHeight) == last.TargetId
        && FinalityLedger.IsJustified(view.State, last.SourceHeight)
        && last.TargetHeight > FinalityLedger.Finalized(view.State).Height;

    private void Send(CheckpointVote vote, LedgerView view)
    {
        ValidationResult result = sender.Send(TransactionKind.CheckpointVote, vote.Encode());
        (_sent, _sentHeight) = (vote, view.Height);
        if (!result.IsValid)
        {
            warn($"a checkpoint vote was not admitted: {result}");
        }
    }

    private CheckpointVote? LastVote()
    {
        if (store.Get(LastVoteKey) is not { } stored)
        {
            return null;
        }

        return CheckpointVote.TryDecode(stored, out CheckpointVote? vote) is { IsValid: false } problem
            ? throw new PouwException($"The last vote in the store cannot be read, and voting without it could cost the stake: {problem}")
            : vote;
    }
}
