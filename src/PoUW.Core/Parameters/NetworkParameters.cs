using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>
/// Everything that the nodes of one network must agree on. Immutable; its canonical encoding is hashed into the genesis block, so two
/// networks with different parameters never mistake each other's blocks.
/// </summary>
public sealed record NetworkParameters
{
    /// <summary>Bound into signatures and tickets.</summary>
    public required ulong ChainId { get; init; }

    /// <summary>A short name for people, up to 32 bytes of UTF-8.</summary>
    public required string Name { get; init; }

    /// <summary>Mean time between blocks that the difficulty rule aims at.</summary>
    public required ulong BlockTimeMilliseconds { get; init; }

    /// <summary>The ASERT half-life, in blocks: a schedule error of this many block times doubles or halves the difficulty.</summary>
    public required ulong AsertHalfLifeBlocks { get; init; }

    /// <summary>Expected number of 2^20-MAC tickets a block at the genesis target.</summary>
    public required ulong GenesisTicketsPerBlock { get; init; }

    /// <summary>Blocks in an epoch; the last block of an epoch is a checkpoint.</summary>
    public required ulong EpochBlocks { get; init; }

    /// <summary>The genesis block's time, milliseconds since the Unix epoch.</summary>
    public required ulong GenesisTimeMilliseconds { get; init; }

    /// <summary>How far ahead of the local clock a header's time may be.</summary>
    public ulong MaxFutureMilliseconds { get; init; } = 15_000;

    /// <summary>New coins a block.</summary>
    public Amount BlockSubsidy { get; init; } = Amount.FromCoins(2);

    /// <summary>Fee a unit of gas that is burned.</summary>
    public Amount BaseFeePerGas { get; init; } = Amount.FromBaseUnits(1_000_000_000);

    /// <summary>Gas of all transactions of a block together.</summary>
    public ulong BlockGasLimit { get; init; } = 30_000_000;

    /// <summary>Largest encoded block without its certificate's witness, in bytes.</summary>
    public int MaxBlockBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>Share of every unit's price that is burned, in 1/10,000.</summary>
    public ulong JobBurnBasisPoints { get; init; } = 500;

    /// <summary>Blocks that a worker has to commit a leased unit before the unit goes to another worker.</summary>
    public ulong LeaseBlocks { get; init; } = 60;

    /// <summary>Least stake of a worker.</summary>
    public Amount MinimumWorkerStake { get; init; } = Amount.FromCoins(20);

    /// <summary>Least stake of a validator, who audits units and votes for checkpoints.</summary>
    public Amount MinimumValidatorStake { get; init; } = Amount.FromCoins(100);

    /// <summary>A worker holds a lease only if its stake is at least this many times the unit's price.</summary>
    public ulong StakePerUnitPrice { get; init; } = 40;

    /// <summary>What a false result costs: this many times the unit's price, at most the whole stake.</summary>
    public ulong SlashPerUnitPrice { get; init; } = 20;

    /// <summary>Share of slashed stake that goes to those who proved the offence, in 1/10,000.</summary>
    public ulong SlashToProversBasisPoints { get; init; } = 4_000;

    /// <summary>Share of slashed stake that goes to the client whose job was harmed, in 1/10,000. The rest is burned.</summary>
    public ulong SlashToClientBasisPoints { get; init; } = 1_000;

    /// <summary>Blocks that auditors have to commit after they were drawn.</summary>
    public ulong AuditCommitBlocks { get; init; } = 20;

    /// <summary>Blocks that auditors have to open their commitments after the last one is there.</summary>
    public ulong AuditRevealBlocks { get; init; } = 20;

    /// <summary>Blocks until unbonded coins are free; longer than a lease and its audit.</summary>
    public ulong UnbondingBlocks { get; init; } = 200;

    /// <summary>Blocks for which a convicted account takes no part.</summary>
    public ulong BanBlocks { get; init; } = 1_000;

    /// <summary>
    /// Share of the units that is audited when a job does not choose its own rate, in 1/10,000. Clients put it into their manifests; the
    /// ledger enforces what the manifest says.
    /// </summary>
    public ulong DefaultAuditRateBasisPoints { get; init; } = 2_500;

    /// <summary>
    /// Share of the subsidy that is minted for bound tickets only, once their unit is accepted, in 1/10,000. Every block mints the rest at once.
    /// </summary>
    public ulong BonusBasisPoints { get; init; } = 2_500;

    /// <summary>
    /// What a lease burns before its operations may be claimed, as a multiple of the bonus that they are expected to earn, in 1/10,000. At
    /// least 10,000, else whoever buys its own job gains.
    /// </summary>
    public ulong LeaseBurnBasisPoints { get; init; } = 12_500;

    /// <summary>Most bound blocks in a row: they carry no transactions, so more of them would stop the ledger.</summary>
    public ulong MaxBoundRun { get; init; } = 3;

    /// <summary>Blocks between a bound block and the minting of its bonus.</summary>
    public ulong BonusVestingBlocks { get; init; } = 20;

    /// <summary>The job whose leases back bound tickets without a burn: its id, which is its manifest's hash; zero for none.</summary>
    public Hash256 CommonsJob { get; init; }

    /// <summary>Share of an epoch's blocks that may earn a bonus from the commons job, in 1/10,000.</summary>
    public ulong CommonsBonusBasisPoints { get; init; } = 3_000;

    /// <summary>
    /// The upgrades that this network has or will have, in the order of <see cref="NetworkUpgrade"/>; one that is not listed never
    /// activates. <see cref="NetworkRules"/> resolves them.
    /// </summary>
    public IReadOnlyList<UpgradeActivation> Upgrades { get; init; } =
    [
        new UpgradeActivation(NetworkUpgrade.TileWork1, 0), new UpgradeActivation(NetworkUpgrade.BoundTickets, 0),
        new UpgradeActivation(NetworkUpgrade.ToleranceJobs, 0),
    ];

    /// <summary>Stakes that exist from the start, minted beside the allocations.</summary>
    public IReadOnlyList<GenesisStake> Stakes { get; init; } = [];

    /// <summary>The fixed public product that is mined when there is no lease.</summary>
    public CommonsProduct Commons { get; init; } = new(256, 1024, 512, 1);

    /// <summary>Balances at genesis, in the order in which they are minted.</summary>
    public IReadOnlyList<GenesisAllocation> Allocations { get; init; } = [];

    /// <summary>
    /// One-second blocks, for samples, tests and one machine. As in every preset, the genesis time is a placeholder: a network of its own
    /// sets <see cref="ChainId"/>, <see cref="Name"/> and <see cref="GenesisTimeMilliseconds"/>.
    /// </summary>
    public static NetworkParameters Development { get; } = new()
    {
        ChainId = 1337,
        Name = "development",
        BlockTimeMilliseconds = 1_000,
        AsertHalfLifeBlocks = 20,
        GenesisTicketsPerBlock = 500,
        EpochBlocks = 8,
        GenesisTimeMilliseconds = 1_767_225_600_000,
    };

    /// <summary>Blocks every 15 s, for public test networks. The chain id is "PoUT" in ASCII. Nobody has coins or stake.</summary>
    public static NetworkParameters Test { get; } = new()
    {
        ChainId = 0x506F_5554,
        Name = "test",
        BlockTimeMilliseconds = 15_000,
        AsertHalfLifeBlocks = 60,
        GenesisTicketsPerBlock = 500,
        EpochBlocks = 32,
        GenesisTimeMilliseconds = 1_767_225_600_000,
        AuditCommitBlocks = 200,
        AuditRevealBlocks = 200,
        UnbondingBlocks = 2_000,
        BonusVestingBlocks = 200,
        DefaultAuditRateBasisPoints = 1_000,
    };

    /// <summary>Blocks every 60 s, for networks that carry value. The chain id is "PoUW" in ASCII. Nobody has coins or stake.</summary>
    public static NetworkParameters Production { get; } = new()
    {
        ChainId = 0x506F_5557,
        Name = "production",
        BlockTimeMilliseconds = 60_000,
        AsertHalfLifeBlocks = 120,
        GenesisTicketsPerBlock = 500,
        EpochBlocks = 64,
        GenesisTimeMilliseconds = 1_767_225_600_000,
        AuditCommitBlocks = 400,
        AuditRevealBlocks = 400,
        UnbondingBlocks = 4_000,
        BonusVestingBlocks = 400,
        DefaultAuditRateBasisPoints = 500,
    };

    /// <summary>
    /// Checks every field against its limit, then the fields against each other. The result names the first offending field as JSON
    /// spells it, for example <c>allocations[3].amount</c>, and the limit. Thread-safe.
    /// </summary>
    public ValidationResult Validate() => NetworkParametersRules.Check(this);
}
