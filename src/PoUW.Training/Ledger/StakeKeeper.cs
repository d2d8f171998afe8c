using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Staking;

namespace PoUW.Training.Ledger;

/// <summary>
/// Keeps an account staked for one role, and enrolled for the classes of lane T that this node can train and no others: stakes what is missing when the
/// account has no stake in force for it, or for one of its other roles, and waits while the account is banned or cannot pay. After a ban it stakes again,
/// which is how an account comes back. All keepers of an account are given the same classes. Not thread-safe.
/// </summary>
/// <param name="sender">The account.</param>
/// <param name="parameters">The network's.</param>
/// <param name="role">The role to stake for.</param>
/// <param name="wanted">What to stake; null for the least that is needed.</param>
/// <param name="classes">The classes to enrol for.</param>
/// <param name="resendAfterBlocks">Blocks to wait for a sent transaction.</param>
/// <param name="lacks">
/// Not null to leave staking to somebody else; it is told what is at stake and what is needed, once each time that the stake has become too small.
/// </param>
internal sealed class StakeKeeper(
    AccountSender sender, NetworkParameters parameters, StakeRoles role, Amount? wanted, IReadOnlyList<Hash256> classes, ulong resendAfterBlocks,
    Action<Amount, Amount>? lacks = null)
{
    private readonly NetworkRules _rules = new(parameters);
    private ulong? _sentHeight;
    private bool _told;

    /// <summary>True while the account is convicted and may take no part in the next block.</summary>
    public bool IsBanned(LedgerView view) => Stake(view).BannedUntil > view.Height + 1;

    /// <summary>Sends a stake if one is missing.</summary>
    /// <returns>Ok unless the transaction was refused.</returns>
    public ValidationResult Ensure(LedgerView view)
    {
        StakeAccount stake = Stake(view);
        // The stake has to reach the minimum of all roles of the account, not only of the one that is wanted here: a fine for one costs all.
        Amount least = MinimumOf(stake.Roles | role);
        bool active = stake.BannedUntil == 0 && StakeLedger.IsActive(stake, role, view.Height + 1, least);
        bool enrols = _rules.RulesAt(view.Height + 1).ToleranceJobs && !classes.SequenceEqual(stake.ToleranceClasses);
        Tell(stake, least);
        if ((active ? !enrols : lacks is not null) || IsBanned(view) || view.Height < LastSent() + resendAfterBlocks)
        {
            return ValidationResult.Ok;
        }

        Amount needed = lacks is null ? Max(wanted ?? Amount.Zero, least) : Amount.Zero;
        Amount missing = stake.Bonded < needed ? needed - stake.Bonded : Amount.Zero;
        byte[] payload = new StakePayload(role, missing, enrols ? classes : null).Encode();
        if (view.State.GetAccount(sender.Key.Address).Balance < missing + sender.FeeFor(payload.Length))
        {
            return ValidationResult.Ok;
        }

        _sentHeight = view.Height;
        return sender.Send(TransactionKind.Stake, payload);
    }

    /// <summary>Two keepers of one account see the same lack in one block; the account's sender knows of both.</summary>
    private ulong? LastSent() => sender.StakeSentHeight is { } other && !(_sentHeight > other) ? other : _sentHeight;

    private void Tell(StakeAccount stake, Amount least)
    {
        bool lacking = stake.Roles.HasFlag(role) && stake.Bonded < least;
        if (lacking && !_told)
        {
            lacks?.Invoke(stake.Bonded, least);
        }

        _told = lacking;
    }

    private StakeAccount Stake(LedgerView view) => StakeLedger.Get(view.State, sender.Key.Address);

    private Amount MinimumOf(StakeRoles roles) => Max(
        roles.HasFlag(StakeRoles.Worker) ? parameters.MinimumWorkerStake : Amount.Zero,
        roles.HasFlag(StakeRoles.Validator) ? parameters.MinimumValidatorStake : Amount.Zero);

    private static Amount Max(Amount one, Amount other) => one > other ? one : other;
}
