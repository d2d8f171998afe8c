using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>The limits of every network parameter, and the rules between them.</summary>
internal static class NetworkParametersRules
{
    /// <summary>
    /// Most coins of one genesis entry. With the entry limits below and <see cref="MaxSubsidyCoins"/>, the sum of all coins stays below
    /// 2^128 base units for more than 10^14 blocks.
    /// </summary>
    internal const ulong MaxCoins = 1_000_000_000_000_000;

    /// <summary>Most entries of the list of allocations; a written file with full lists stays below the size limit of the parser.</summary>
    internal const int MaxAllocations = 4_096;

    /// <summary>Most entries of the list of stakes.</summary>
    internal const int MaxStakes = 1_024;

    private const ulong MaxSubsidyCoins = 1_000_000;
    private const ulong MaxHour = 3_600_000;
    private const ulong MaxBlocks = 100_000_000;
    private const ulong MaxBasisPoints = 10_000;
    private const ulong MaxFactor = 1_000_000;

    // The last millisecond of the year 9999, where calendars of common libraries end.
    private const ulong MaxTime = 253_402_300_799_999;

    private static readonly Amount OneUnit = Amount.FromBaseUnits(1);
    private static readonly Amount MostCoins = Amount.FromCoins(MaxCoins);

    /// <summary>Every parameter, in the order in which the record declares them.</summary>
    internal static IReadOnlyList<ParameterField> Fields { get; } =
    [
        new NumberField("chainId", 1, NumberRule.MaxExact, p => p.ChainId, (p, v) => p with { ChainId = v }) { IsRequired = true },
        new NameField { IsRequired = true },
        new NumberField("blockTimeMilliseconds", 1, MaxHour, p => p.BlockTimeMilliseconds, (p, v) => p with { BlockTimeMilliseconds = v })
        {
            IsRequired = true,
        },
        new NumberField("asertHalfLifeBlocks", 1, 1_000_000, p => p.AsertHalfLifeBlocks, (p, v) => p with { AsertHalfLifeBlocks = v })
        {
            IsRequired = true,
        },
        new NumberField(
            "genesisTicketsPerBlock", 1, 1_000_000_000_000_000, p => p.GenesisTicketsPerBlock, (p, v) => p with { GenesisTicketsPerBlock = v })
        {
            IsRequired = true,
        },

        // The tickets of an epoch are one state record, which limits the epoch.
        new NumberField("epochBlocks", 1, StateOverlay.MaxRecordBytes / Hash256.Size, p => p.EpochBlocks, (p, v) => p with { EpochBlocks = v })
        {
            IsRequired = true,
        },
        new NumberField("genesisTimeMilliseconds", 0, MaxTime, p => p.GenesisTimeMilliseconds, (p, v) => p with { GenesisTimeMilliseconds = v })
        {
            IsRequired = true,
        },
        new NumberField("maxFutureMilliseconds", 1, MaxHour, p => p.MaxFutureMilliseconds, (p, v) => p with { MaxFutureMilliseconds = v }),
        new AmountField("blockSubsidy", Amount.Zero, Amount.FromCoins(MaxSubsidyCoins), p => p.BlockSubsidy, (p, v) => p with { BlockSubsidy = v }),
        new AmountField("baseFeePerGas", Amount.Zero, Amount.FromCoins(1), p => p.BaseFeePerGas, (p, v) => p with { BaseFeePerGas = v }),
        new NumberField(
            "blockGasLimit", TransactionGas.PerTransaction, 10_000_000_000, p => p.BlockGasLimit, (p, v) => p with { BlockGasLimit = v }),

        // With its witness, the largest block fits into the largest gossip message that nodes take by default (4 MiB).
        new NumberField(
            "maxBlockBytes", 8_192, 3 * 1024 * 1024, p => (ulong)Math.Max(p.MaxBlockBytes, 0), (p, v) => p with { MaxBlockBytes = (int)v }),
        new NumberField("jobBurnBasisPoints", 0, MaxBasisPoints, p => p.JobBurnBasisPoints, (p, v) => p with { JobBurnBasisPoints = v }),
        new NumberField("leaseBlocks", 1, MaxBlocks, p => p.LeaseBlocks, (p, v) => p with { LeaseBlocks = v }),
        new AmountField("minimumWorkerStake", Amount.Zero, MostCoins, p => p.MinimumWorkerStake, (p, v) => p with { MinimumWorkerStake = v }),
        new AmountField("minimumValidatorStake", OneUnit, MostCoins, p => p.MinimumValidatorStake, (p, v) => p with { MinimumValidatorStake = v }),
        new NumberField("stakePerUnitPrice", 0, MaxFactor, p => p.StakePerUnitPrice, (p, v) => p with { StakePerUnitPrice = v }),
        new NumberField("slashPerUnitPrice", 0, MaxFactor, p => p.SlashPerUnitPrice, (p, v) => p with { SlashPerUnitPrice = v }),
        new NumberField(
            "slashToProversBasisPoints", 0, MaxBasisPoints, p => p.SlashToProversBasisPoints, (p, v) => p with { SlashToProversBasisPoints = v }),
        new NumberField(
            "slashToClientBasisPoints", 0, MaxBasisPoints, p => p.SlashToClientBasisPoints, (p, v) => p with { SlashToClientBasisPoints = v }),
        new NumberField("auditCommitBlocks", 1, MaxBlocks, p => p.AuditCommitBlocks, (p, v) => p with { AuditCommitBlocks = v }),
        new NumberField("auditRevealBlocks", 1, MaxBlocks, p => p.AuditRevealBlocks, (p, v) => p with { AuditRevealBlocks = v }),
        new NumberField("unbondingBlocks", 4, 10 * MaxBlocks, p => p.UnbondingBlocks, (p, v) => p with { UnbondingBlocks = v }),
        new NumberField("banBlocks", 0, 10 * MaxBlocks, p => p.BanBlocks, (p, v) => p with { BanBlocks = v }),
        new NumberField(
            "defaultAuditRateBasisPoints",
            0,
            MaxBasisPoints,
            p => p.DefaultAuditRateBasisPoints,
            (p, v) => p with { DefaultAuditRateBasisPoints = v }),
        new NumberField("bonusBasisPoints", 0, MaxBasisPoints, p => p.BonusBasisPoints, (p, v) => p with { BonusBasisPoints = v }),

        // Below the bonus that it buys, the burn would pay whoever leases its own job.
        new NumberField(
            "leaseBurnBasisPoints", MaxBasisPoints, 100 * MaxBasisPoints, p => p.LeaseBurnBasisPoints, (p, v) => p with { LeaseBurnBasisPoints = v }),
        new NumberField("maxBoundRun", 0, 1_000, p => p.MaxBoundRun, (p, v) => p with { MaxBoundRun = v }),
        new NumberField("bonusVestingBlocks", 0, MaxBlocks, p => p.BonusVestingBlocks, (p, v) => p with { BonusVestingBlocks = v }),
        new HashField("commonsJob", p => p.CommonsJob, (p, v) => p with { CommonsJob = v }),
        new NumberField(
            "commonsBonusBasisPoints", 0, MaxBasisPoints, p => p.CommonsBonusBasisPoints, (p, v) => p with { CommonsBonusBasisPoints = v }),
        new UpgradesField(),
        new StakesField(),
        new CommonsField(),
        new AllocationsField(),
    ];

    /// <summary>Checks each field, then the fields against each other.</summary>
    internal static ValidationResult Check(NetworkParameters parameters)
    {
        foreach (ParameterField field in Fields)
        {
            ValidationResult result = field.Check(parameters);
            if (!result.IsValid)
            {
                return result;
            }
        }

        return CheckSlashShares(parameters) ?? CheckUnbonding(parameters) ?? CheckVesting(parameters) ?? CheckStakeMinimums(parameters)
            ?? ValidationResult.Ok;
    }

    private static ValidationResult? CheckSlashShares(NetworkParameters parameters)
    {
        ulong rest = MaxBasisPoints - parameters.SlashToProversBasisPoints;
        return parameters.SlashToClientBasisPoints <= rest
            ? null
            : Fail(
                "slashToClientBasisPoints",
                $"Found {parameters.SlashToClientBasisPoints}; allowed is up to {rest}, what slashToProversBasisPoints leaves of {MaxBasisPoints}.");
    }

    private static ValidationResult? CheckUnbonding(NetworkParameters parameters)
    {
        // A worker may unbond as soon as it has a lease, and commit a lie in the last block of it.
        ulong verdict = parameters.LeaseBlocks + parameters.AuditCommitBlocks + parameters.AuditRevealBlocks;
        return parameters.UnbondingBlocks > verdict
            ? null
            : Fail(
                "unbondingBlocks",
                $"Found {parameters.UnbondingBlocks}; allowed is more than {verdict}: leaseBlocks, auditCommitBlocks and auditRevealBlocks.");
    }

    // A ban is what stops the bonus of a convict. It must not be over before the bonus is due.
    private static ValidationResult? CheckVesting(NetworkParameters parameters) =>
        parameters.BonusVestingBlocks < parameters.BanBlocks || parameters.BonusVestingBlocks == 0
            ? null
            : Fail("bonusVestingBlocks", $"Found {parameters.BonusVestingBlocks}; allowed is 0 or less than {parameters.BanBlocks}, the banBlocks.");

    private static ValidationResult? CheckStakeMinimums(NetworkParameters parameters)
    {
        for (int i = 0; i < parameters.Stakes.Count; i++)
        {
            GenesisStake stake = parameters.Stakes[i];
            Amount worker = stake.Roles.HasFlag(StakeRoles.Worker) ? parameters.MinimumWorkerStake : Amount.Zero;
            Amount validator = stake.Roles.HasFlag(StakeRoles.Validator) ? parameters.MinimumValidatorStake : Amount.Zero;
            Amount least = worker > validator ? worker : validator;
            if (stake.Amount < least)
            {
                return Fail($"stakes[{i}].amount", $"Found {stake.Amount} coins; allowed is at least {least}, the minimum of its roles.");
            }
        }

        return null;
    }

    private static ValidationResult Fail(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);
}
