using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Jobs;

/// <summary>
/// Everything that decides the outcome of a training job, so that anyone can recompute it: the program, the data, the seed, and how the
/// work is cut into units. Its hash is the job id and also the key of the data order. Canonical encoding: an RLP list of the fields in
/// the order of <see cref="Encode"/>.
/// </summary>
/// <remarks>
/// Steps are numbered from 0. Unit u holds the steps [u * StepsPerUnit, (u + 1) * StepsPerUnit), round r the units
/// [r * UnitsPerRound, (r + 1) * UnitsPerRound); the last unit and the last round may be shorter. All units of a round start from one
/// state. Step t trains on batch t of the data order.
/// </remarks>
public sealed record JobManifest
{
    /// <summary>The version of jobs of exact lanes.</summary>
    public const ulong ExactVersion = 1;

    /// <summary>The version of jobs of lane T, which end with <see cref="ToleranceClass"/>.</summary>
    public const ulong ToleranceVersion = 2;

    /// <summary>
    /// Least share of audited units of lane T, in 1/10,000. A lie saves work that costs at most the wage, 0.6 prices, and if it is found out loses
    /// that wage and at most the price, 1.6 together; so it pays only below an audit rate of 0.6 / 1.6 = 0.375.
    /// </summary>
    public const ulong MinToleranceAuditBasisPoints = 4_000;

    /// <summary>Fewest auditors of a unit of lane T: replays differ, so nothing could contradict one alone.</summary>
    public const ulong MinToleranceAuditors = 3;

    /// <summary>What a unit of lane T earns, in 1/10,000 of its price: its audit proves less.</summary>
    public const ulong ToleranceWageBasisPoints = 6_000;

    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = 8 * 1024;

    /// <summary>Longest name in bytes of UTF-8.</summary>
    public const int MaxNameBytes = 64;

    /// <summary>Largest number of steps of a job.</summary>
    public const ulong MaxSteps = 100_000_000;

    /// <summary>Largest number of steps of a unit.</summary>
    public const ulong MaxStepsPerUnit = 4_096;

    /// <summary>Largest number of auditors of a unit.</summary>
    public const ulong MaxAuditorsPerUnit = 16;

    /// <summary>Largest number of units of a round.</summary>
    public const ulong MaxUnitsPerRound = 256;

    /// <summary>Manifest version, which tells the lane.</summary>
    public ulong Version { get; init; } = ExactVersion;

    /// <summary>The account that pays and that receives the refund.</summary>
    public required Address Client { get; init; }

    /// <summary>A name for people.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the encoded program, which is also its chunk address. In lane T the program holds the bounds of audits.</summary>
    public required Hash256 ProgramHash { get; init; }

    /// <summary>Merkle root over the raw records of the training data.</summary>
    public required Hash256 DatasetRoot { get; init; }

    /// <summary>Address of the blob that holds the training data.</summary>
    public required Hash256 DatasetBlob { get; init; }

    /// <summary>Seed of the initial weights.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Optimiser steps of the job, over all units.</summary>
    public required ulong TotalSteps { get; init; }

    /// <summary>Consecutive steps that one worker does from one start state.</summary>
    public required ulong StepsPerUnit { get; init; }

    /// <summary>Units that start from the same state.</summary>
    public required ulong UnitsPerRound { get; init; }

    /// <summary>How a round's results are combined.</summary>
    public AggregationRule Aggregation { get; init; } = AggregationRule.IntegerMean;

    /// <summary>What one committed unit costs, the burned share included.</summary>
    public required Amount UnitPrice { get; init; }

    /// <summary>Share of the units that are audited, in 1/10,000; 10,000 audits every unit.</summary>
    public required ulong AuditRateBasisPoints { get; init; }

    /// <summary>Auditors that replay an audited unit; an odd number, so that they cannot tie.</summary>
    public required ulong AuditorsPerUnit { get; init; }

    /// <summary>What each auditor of a valid unit earns. Auditors of a false one are paid from the liar's stake; in lane T no more than this.</summary>
    public required Amount AuditFee { get; init; }

    /// <summary>Blocks after submission at which the job ends whatever its state.</summary>
    public required ulong DeadlineBlocks { get; init; }

    /// <summary>The ticketed products of a step and their schedule; empty if the job's leases back no bound tickets.</summary>
    public WorkPlan Work { get; init; } = WorkPlan.None;

    /// <summary>The class of modules and devices that a job of lane T is for; zero in exact lanes.</summary>
    public Hash256 ToleranceClass { get; init; }

    /// <summary>True for a job of lane T: audits compare within bounds, not bit for bit.</summary>
    public bool IsTolerance => Version == ToleranceVersion;

    /// <summary>The job id: SHA-256 of the encoding.</summary>
    public Hash256 JobId => Hash256.Sha256(Encode());

    /// <summary>Number of units.</summary>
    public ulong UnitCount => (TotalSteps + StepsPerUnit - 1) / StepsPerUnit;

    /// <summary>Number of rounds.</summary>
    public ulong RoundCount => (UnitCount + UnitsPerRound - 1) / UnitsPerRound;

    /// <summary>What all units cost together if every one is audited: the least escrow.</summary>
    public Amount TotalPrice => (UnitPrice + (AuditFee * AuditorsPerUnit)) * UnitCount;

    /// <summary>The first unit of a round.</summary>
    public ulong FirstUnit(ulong round) => round * UnitsPerRound;

    /// <summary>Number of units in a round.</summary>
    public ulong UnitsInRound(ulong round) => Math.Min(UnitsPerRound, UnitCount - FirstUnit(round));

    /// <summary>The first step of a unit.</summary>
    public ulong FirstStep(ulong unit) => unit * StepsPerUnit;

    /// <summary>Number of steps of a unit.</summary>
    public ulong StepsInUnit(ulong unit) => Math.Min(StepsPerUnit, TotalSteps - FirstStep(unit));

    /// <summary>The canonical encoding.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList()
            .Write(Version).Write(Client).Write(Name).Write(ProgramHash).Write(DatasetRoot).Write(DatasetBlob).Write(Seed)
            .Write(TotalSteps).Write(StepsPerUnit).Write(UnitsPerRound).Write((ulong)Aggregation).Write(UnitPrice)
            .Write(AuditRateBasisPoints).Write(AuditorsPerUnit).Write(AuditFee).Write(DeadlineBlocks);
        Work.Write(writer);
        return (IsTolerance ? writer.Write(ToleranceClass) : writer).EndList().Finish();
    }

    /// <summary>Reads a manifest and checks every limit.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out JobManifest? manifest)
    {
        manifest = null;
        if (encoded.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "manifest", $"{encoded.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        JobManifest read = ReadFields(ref fields, out bool complete);
        if (!outer.TryFinish() || !fields.TryFinish() || !complete)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "manifest", "Not a canonical manifest.");
        }

        ValidationResult result = read.Validate();
        manifest = result.IsValid ? read : null;
        return result;
    }

    /// <summary>Checks every field against its limit.</summary>
    public ValidationResult Validate()
    {
        if (Version is not (ExactVersion or ToleranceVersion))
        {
            return Bad(nameof(Version), $"Version {Version}; this node knows {ExactVersion} and {ToleranceVersion}.");
        }

        if (Name.Length == 0 || System.Text.Encoding.UTF8.GetByteCount(Name) > MaxNameBytes)
        {
            return Bad(nameof(Name), $"A name has 1 to {MaxNameBytes} bytes.");
        }

        AggregationRule rule = IsTolerance ? AggregationRule.TrimmedMean : AggregationRule.IntegerMean;
        if (Aggregation != rule)
        {
            return Bad(nameof(Aggregation), $"Rule {(byte)Aggregation}; that of version {Version} is {(byte)rule}.");
        }

        return CheckRange(nameof(TotalSteps), TotalSteps, MaxSteps)
            ?? CheckRange(nameof(StepsPerUnit), StepsPerUnit, MaxStepsPerUnit)
            ?? CheckRange(nameof(UnitsPerRound), UnitsPerRound, MaxUnitsPerRound)
            ?? CheckRange(nameof(DeadlineBlocks), DeadlineBlocks, uint.MaxValue)
            ?? CheckAudit()
            ?? CheckWork()
            ?? CheckTolerance()
            ?? (UnitPrice.BaseUnits is { } price && price > 0 && price <= ulong.MaxValue
                ? ValidationResult.Ok
                : Bad(nameof(UnitPrice), $"A unit costs 1 to {ulong.MaxValue} base units."));
    }

    private static JobManifest ReadFields(ref RlpReader fields, out bool complete)
    {
        JobManifest read = ReadCommonFields(ref fields, out complete);
        return read.IsTolerance ? read with { ToleranceClass = fields.ReadHash() } : read;
    }

    private static JobManifest ReadCommonFields(ref RlpReader fields, out bool complete) => new()
    {
        Version = fields.ReadUInt64(),
        Client = fields.ReadAddress(),
        Name = fields.ReadText(MaxNameBytes),
        ProgramHash = fields.ReadHash(),
        DatasetRoot = fields.ReadHash(),
        DatasetBlob = fields.ReadHash(),
        Seed = fields.ReadUInt64(),
        TotalSteps = fields.ReadUInt64(),
        StepsPerUnit = fields.ReadUInt64(),
        UnitsPerRound = fields.ReadUInt64(),
        Aggregation = (AggregationRule)fields.ReadUInt64(byte.MaxValue),
        UnitPrice = fields.ReadAmount(),
        AuditRateBasisPoints = fields.ReadUInt64(),
        AuditorsPerUnit = fields.ReadUInt64(),
        AuditFee = fields.ReadAmount(),
        DeadlineBlocks = fields.ReadUInt64(),
        Work = WorkPlan.Read(ref fields, out complete),
    };

    private ValidationResult? CheckWork()
    {
        ValidationResult plan = Work.Validate();
        if (!plan.IsValid)
        {
            return plan;
        }

        return (UInt128)Work.MacsPerStep * StepsPerUnit <= long.MaxValue
            ? null
            : Bad(nameof(Work), $"A unit has at most {long.MaxValue} padded MACs.");
    }

    private ValidationResult? CheckTolerance()
    {
        if (!IsTolerance)
        {
            return ToleranceClass.IsZero ? null : Bad(nameof(ToleranceClass), $"Version {Version} has none.");
        }

        if (ToleranceClass.IsZero)
        {
            return Bad(nameof(ToleranceClass), "Zero; a job of lane T names its class.");
        }

        if (AuditRateBasisPoints < MinToleranceAuditBasisPoints)
        {
            return Bad(nameof(AuditRateBasisPoints), $"{AuditRateBasisPoints}; lane T needs at least {MinToleranceAuditBasisPoints} basis points.");
        }

        if (AuditorsPerUnit < MinToleranceAuditors)
        {
            return Bad(nameof(AuditorsPerUnit), $"{AuditorsPerUnit}; lane T needs at least {MinToleranceAuditors}.");
        }

        return Work.IsEmpty ? null : Bad(nameof(Work), "Products of lane T draw no tickets: the plan must be empty.");
    }

    private ValidationResult? CheckAudit()
    {
        if (AuditRateBasisPoints > 10_000)
        {
            return Bad(nameof(AuditRateBasisPoints), $"{AuditRateBasisPoints}; the rate is 0 to 10,000 basis points.");
        }

        if (AuditorsPerUnit is 0 or > MaxAuditorsPerUnit || AuditorsPerUnit % 2 == 0)
        {
            return Bad(nameof(AuditorsPerUnit), $"{AuditorsPerUnit}; allowed is an odd number up to {MaxAuditorsPerUnit}.");
        }

        return AuditFee.BaseUnits > ulong.MaxValue ? Bad(nameof(AuditFee), $"A fee is at most {ulong.MaxValue} base units.") : null;
    }

    private static ValidationResult? CheckRange(string field, ulong value, ulong max) =>
        value >= 1 && value <= max ? null : Bad(field, $"{value}; allowed is 1 to {max}.");

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.BadManifest, field, message);
}
