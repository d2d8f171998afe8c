using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Economics.Staking;

/// <summary>
/// Ledger module of stake: bonding, unbonding, slashing, and the voting power that follows from it. Bonded and unbonding coins lie in one
/// account without a key, and both can be slashed, so that nobody escapes a pending audit by unbonding.
/// </summary>
public sealed class StakeModule(NetworkParameters parameters) : ILedgerModule, IVotingPower, IStakeSlasher
{
    private readonly NetworkRules _rules = new(parameters);

    /// <inheritdoc/>
    public string Name => StakeLedger.Module;

    /// <inheritdoc/>
    public IReadOnlyList<TransactionKind> Kinds { get; } = [TransactionKind.Stake, TransactionKind.Unstake, TransactionKind.Withdraw];

    /// <inheritdoc/>
    public void Genesis(IStateWriter state)
    {
        foreach (GenesisStake stake in parameters.Stakes)
        {
            state.Mint(StakeLedger.Vault, stake.Amount);
            StakeAccount account = StakeLedger.Get(state, stake.Address);
            StakeLedger.Set(state, stake.Address, account with { Roles = account.Roles | stake.Roles, Bonded = account.Bonded + stake.Amount });
        }
    }

    /// <inheritdoc/>
    public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => kind switch
    {
        TransactionKind.Stake => StakePayload.TryDecode(payload, out _),
        TransactionKind.Unstake => UnstakePayload.TryDecode(payload, out _),
        _ => payload.IsEmpty
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.Malformed, "payload", $"A withdrawal has no payload, not {payload.Length} bytes."),
    };

    /// <inheritdoc/>
    public ValidationResult Execute(TransactionContext transaction, IStateWriter state)
    {
        ReadOnlySpan<byte> payload = transaction.Payload.Span;
        ValidationResult result = CheckPayload(transaction.Kind, payload);
        if (!result.IsValid)
        {
            return result;
        }

        switch (transaction.Kind)
        {
            case TransactionKind.Stake:
                StakePayload.TryDecode(payload, out StakePayload? stake);
                return Bond(transaction, state, stake!);
            case TransactionKind.Unstake:
                UnstakePayload.TryDecode(payload, out UnstakePayload? unstake);
                return Unbond(transaction, state, unstake!.Amount);
            default:
                return Withdraw(transaction, state);
        }
    }

    /// <inheritdoc/>
    public void EndBlock(BlockContext block, IStateWriter state)
    {
        // Unbonded coins are taken back by a transaction, so that the work of a block does not grow with the number of stakes.
    }

    /// <inheritdoc/>
    public UInt128 PowerOf(IStateReader state, Address validator)
    {
        StakeAccount stake = StakeLedger.Get(state, validator);
        return CanVote(stake) ? stake.Bonded.BaseUnits : 0;
    }

    /// <inheritdoc/>
    public UInt128 TotalPower(IStateReader state)
    {
        UInt128 total = 0;
        foreach ((_, StakeAccount stake) in StakeLedger.All(state))
        {
            total += CanVote(stake) ? stake.Bonded.BaseUnits : 0;
        }

        return total;
    }

    /// <inheritdoc/>
    public Amount SlashEquivocation(IStateWriter state, BlockContext block, Address offender, Address reporter)
    {
        StakeAccount stake = StakeLedger.Get(state, offender);
        return Slashing.Apply(state, block, offender, stake.Bonded + stake.Unbonding, [reporter], null);
    }

    // A banned account has to stake again before it votes, whatever the height: power must be a function of the state alone.
    private bool CanVote(StakeAccount stake) => stake.BannedUntil == 0
        && StakeLedger.IsActive(stake, StakeRoles.Validator, 0, parameters.MinimumValidatorStake);

    private ValidationResult Bond(TransactionContext transaction, IStateWriter state, StakePayload payload)
    {
        if (payload.ToleranceClasses is not null && !_rules.RulesAt(transaction.Block.Height).ToleranceJobs)
        {
            return ValidationResult.Fail(
                ValidationCode.UpgradeInactive, nameof(payload.ToleranceClasses), $"Nobody enrols for lane T at height {transaction.Block.Height}.");
        }

        StakeAccount stake = StakeLedger.Get(state, transaction.Sender);
        if (stake.BannedUntil > transaction.Block.Height)
        {
            return ValidationResult.Fail(ValidationCode.Banned, "sender", $"Banned until height {stake.BannedUntil}.");
        }

        if (!stake.Bonded.TryAdd(payload.Amount, out Amount bonded))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(payload.Amount), "The stake would exceed every amount that can exist.");
        }

        // Whoever comes back after a ban starts with the roles and classes that it asks for now.
        bool comesBack = stake.BannedUntil != 0;
        StakeRoles roles = comesBack ? payload.Roles : stake.Roles | payload.Roles;
        IReadOnlyList<Hash256> classes = payload.ToleranceClasses ?? (comesBack ? [] : stake.ToleranceClasses);
        Amount minimum = MinimumOf(roles);
        if (bonded < minimum)
        {
            return ValidationResult.Fail(ValidationCode.StakeTooSmall, nameof(payload.Amount), $"{bonded} coins bonded; {roles} needs {minimum}.");
        }

        if (!state.TryTransfer(transaction.Sender, StakeLedger.Vault, payload.Amount))
        {
            return ValidationResult.Fail(ValidationCode.InsufficientBalance, nameof(payload.Amount), $"The sender cannot pay {payload.Amount} coins.");
        }

        StakeLedger.Set(state, transaction.Sender, stake with { Roles = roles, Bonded = bonded, BannedUntil = 0, ToleranceClasses = classes });
        return ValidationResult.Ok;
    }

    private ValidationResult Unbond(TransactionContext transaction, IStateWriter state, Amount amount)
    {
        StakeAccount stake = StakeLedger.Get(state, transaction.Sender);
        if (stake.Unbonding != Amount.Zero)
        {
            return ValidationResult.Fail(
                ValidationCode.StillBonded, "sender", $"{stake.Unbonding} coins are on their way back until height {stake.ReleaseHeight}; withdraw them first.");
        }

        if (!stake.Bonded.TrySubtract(amount, out Amount rest))
        {
            return ValidationResult.Fail(ValidationCode.InsufficientBalance, nameof(UnstakePayload.Amount), $"{stake.Bonded} coins are bonded.");
        }

        if (rest != Amount.Zero && rest < MinimumOf(stake.Roles))
        {
            return ValidationResult.Fail(
                ValidationCode.StakeTooSmall, nameof(UnstakePayload.Amount), $"{rest} coins would stay; {stake.Roles} needs {MinimumOf(stake.Roles)}, or take all.");
        }

        StakeLedger.Set(state, transaction.Sender, stake with
        {
            Roles = rest == Amount.Zero ? StakeRoles.None : stake.Roles,
            ToleranceClasses = rest == Amount.Zero ? [] : stake.ToleranceClasses,
            Bonded = rest,
            Unbonding = amount,
            ReleaseHeight = transaction.Block.Height + parameters.UnbondingBlocks,
        });
        return ValidationResult.Ok;
    }

    private static ValidationResult Withdraw(TransactionContext transaction, IStateWriter state)
    {
        StakeAccount stake = StakeLedger.Get(state, transaction.Sender);
        if (stake.Unbonding == Amount.Zero || transaction.Block.Height < stake.ReleaseHeight)
        {
            return ValidationResult.Fail(
                ValidationCode.StillBonded, "sender", $"{stake.Unbonding} coins are on their way back, free at height {stake.ReleaseHeight}.");
        }

        if (!state.TryTransfer(StakeLedger.Vault, transaction.Sender, stake.Unbonding))
        {
            throw new EconomicsException($"The vault does not hold the {stake.Unbonding} coins that {transaction.Sender} unbonded.");
        }

        StakeLedger.Set(state, transaction.Sender, stake with { Unbonding = Amount.Zero, ReleaseHeight = 0 });
        return ValidationResult.Ok;
    }

    private Amount MinimumOf(StakeRoles roles)
    {
        Amount worker = roles.HasFlag(StakeRoles.Worker) ? parameters.MinimumWorkerStake : Amount.Zero;
        Amount validator = roles.HasFlag(StakeRoles.Validator) ? parameters.MinimumValidatorStake : Amount.Zero;
        return worker > validator ? worker : validator;
    }
}
