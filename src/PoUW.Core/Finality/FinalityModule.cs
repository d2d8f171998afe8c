using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Finality;

/// <summary>
/// Finality by stake (Buterin and Griffith 2017, "Casper the Friendly Finality Gadget"). Genesis is justified and finalized. A checkpoint
/// is justified when accounts with more than two thirds of the voting power vote for a link to it from one justified checkpoint of its
/// chain; if the link goes to the direct next checkpoint, its source is finalized. Conflicting votes of one account and two blocks of one
/// producer on one parent cost the offender its stake. The state keeps only what is at or above the finalized checkpoint, the last vote
/// of each account, and the offences that were punished. Without state of its own; as thread-safe as its arguments.
/// </summary>
/// <param name="power">How much each vote weighs.</param>
/// <param name="slasher">Takes the stake of offenders.</param>
/// <param name="scheme">The network's signature scheme.</param>
public sealed class FinalityModule(IVotingPower power, IStakeSlasher slasher, ISignatureScheme scheme) : ILedgerModule
{
    private readonly VoteTally _tally = new(power);
    private readonly EvidenceVerifier _evidence = new(scheme);

    /// <inheritdoc/>
    public string Name => FinalityRecords.Module;

    /// <inheritdoc/>
    public IReadOnlyList<TransactionKind> Kinds { get; } = [TransactionKind.CheckpointVote, TransactionKind.Evidence];

    /// <inheritdoc/>
    public void Genesis(IStateWriter state)
    {
        // The genesis id depends on the genesis state, so the first block records it.
    }

    /// <inheritdoc/>
    public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload)
    {
        return kind == TransactionKind.CheckpointVote ? CheckpointVote.TryDecode(payload, out _) : Evidence.TryDecode(payload, out _);
    }

    /// <inheritdoc/>
    public ValidationResult Execute(TransactionContext transaction, IStateWriter state)
    {
        return transaction.Kind == TransactionKind.CheckpointVote ? ExecuteVote(transaction, state) : ExecuteEvidence(transaction, state);
    }

    /// <inheritdoc/>
    public void EndBlock(BlockContext block, IStateWriter state)
    {
        ulong parent = block.Height - 1;
        if (CheckpointHeights.IsCheckpoint(parent, block.Parameters.EpochBlocks))
        {
            FinalityRecords.SetCheckpoint(state, parent, new CheckpointRecord(block.ParentId, Justified: parent == 0, []));
            FinalityRecords.SetStatus(state, FinalityRecords.Status(state) with { LatestHeight = parent });
        }
    }

    private ValidationResult ExecuteVote(TransactionContext transaction, IStateWriter state)
    {
        ValidationResult decoded = CheckpointVote.TryDecode(transaction.Payload.Span, out CheckpointVote? vote);
        if (!decoded.IsValid)
        {
            return decoded;
        }

        if (power.PowerOf(state, transaction.Sender) == 0)
        {
            return ValidationResult.Fail(ValidationCode.NotAllowed, "Sender", "The sender has no voting power.");
        }

        CheckpointVote? last = FinalityRecords.LastVote(state, transaction.Sender);
        if (last is not null && last.ConflictsWith(vote!))
        {
            return PunishVotes(transaction, state, last, vote!);
        }

        ValidationResult checkedVote = CheckVote(state, vote!, last);
        if (checkedVote.IsValid)
        {
            _tally.Add(state, vote!, transaction.Sender, transaction.Block.Parameters.EpochBlocks);
        }

        return checkedVote;
    }

    private static ValidationResult CheckVote(IStateReader state, CheckpointVote vote, CheckpointVote? last)
    {
        if (vote == last)
        {
            return ValidationResult.Fail(ValidationCode.AlreadyCounted, nameof(CheckpointVote), "The vote is counted already.");
        }

        // Votes of one account go up, so its last one is all that later ones must be compared with.
        if (last is not null && vote.TargetHeight < last.TargetHeight)
        {
            return Bad(nameof(vote.TargetHeight), $"The account has voted for {last.TargetHeight} already.");
        }

        CheckpointRecord? source = FinalityRecords.Checkpoint(state, vote.SourceHeight);
        if (source is not { Justified: true } || source.Id != vote.SourceId)
        {
            return Bad(nameof(vote.SourceId), "The source is no justified checkpoint of this chain from the finalized one on.");
        }

        return FinalityRecords.Checkpoint(state, vote.TargetHeight)?.Id == vote.TargetId
            ? ValidationResult.Ok
            : Bad(nameof(vote.TargetId), "The target is no known checkpoint of this chain.");
    }

    /// <summary>
    /// Slashes the sender of a vote that conflicts with its last one; the producer that included it is the reporter. Answers Ok, because
    /// a failure would undo the slashing; the vote is not counted.
    /// </summary>
    private ValidationResult PunishVotes(TransactionContext transaction, IStateWriter state, CheckpointVote last, CheckpointVote vote)
    {
        Address reporter = transaction.Block.Producer;
        return reporter == transaction.Sender
            ? Bad(nameof(CheckpointVote), "The vote conflicts with the account's last one. Nobody reports himself; both votes are evidence.")
            : Slash(state, transaction.Block, Offence.OfVotes(transaction.Sender, last, vote), reporter);
    }

    private ValidationResult ExecuteEvidence(TransactionContext transaction, IStateWriter state)
    {
        ValidationResult result = Evidence.TryDecode(transaction.Payload.Span, out Evidence? evidence);
        Offence? offence = null;
        if (result.IsValid)
        {
            result = _evidence.Verify(evidence!, transaction.Block.Parameters.ChainId, out offence);
        }

        if (!result.IsValid)
        {
            return result;
        }

        return offence!.Offender == transaction.Sender
            ? ValidationResult.Fail(ValidationCode.BadEvidence, "Sender", "Nobody reports himself.")
            : Slash(state, transaction.Block, offence, transaction.Sender);
    }

    private ValidationResult Slash(IStateWriter state, BlockContext block, Offence offence, Address reporter)
    {
        if (FinalityRecords.HasOffence(state, offence))
        {
            return ValidationResult.Fail(ValidationCode.AlreadyCounted, nameof(Evidence), "The offence was punished already.");
        }

        // Without stake there is nothing to take, and no record: else anybody could fill the state with offences of made-up accounts.
        if (slasher.SlashEquivocation(state, block, offence.Offender, reporter) == Amount.Zero)
        {
            return ValidationResult.Fail(ValidationCode.StakeTooSmall, nameof(Evidence), $"{offence.Offender} has no stake to take.");
        }

        FinalityRecords.AddOffence(state, offence);
        return ValidationResult.Ok;
    }

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.BadCheckpoint, field, message);
}
