using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;

namespace PoUW.Core.Tests.Parameters;

/// <summary>Valid parameters to start from.</summary>
internal static class ParameterSamples
{
    public static IReadOnlyList<NetworkParameters> Presets { get; } =
        [NetworkParameters.Development, NetworkParameters.Test, NetworkParameters.Production];

    public static IEnumerable<TestCaseData> PresetCases() => Presets.Select(preset => new TestCaseData(preset).SetArgDisplayNames(preset.Name));

    /// <summary>Valid parameters whose every field is drawn from its range.</summary>
    public static NetworkParameters Varied(Fuzzer draw) => new()
    {
        ChainId = 1 + Wide(draw),
        Name = "n\u00e9t-\"" + draw.Next(1_000_000),
        BlockTimeMilliseconds = Up(draw, 1, 3_600_000),
        AsertHalfLifeBlocks = Up(draw, 1, 1_000_000),
        GenesisTicketsPerBlock = 1 + (Wide(draw) % 1_000_000_000_000_000),
        EpochBlocks = Up(draw, 1, 32_768),
        GenesisTimeMilliseconds = Wide(draw) % 253_402_300_800_000,
        MaxFutureMilliseconds = Up(draw, 1, 3_600_000),
        BlockSubsidy = Coins(draw, 0, 1_000_000),
        BaseFeePerGas = Coins(draw, 0, 1),
        BlockGasLimit = Up(draw, 21_000, 1_000_000_000),
        MaxBlockBytes = (int)Up(draw, 8_192, 3 * 1024 * 1024),
        JobBurnBasisPoints = Up(draw, 0, 10_000),
        LeaseBlocks = Up(draw, 1, 100_000_000),
        MinimumWorkerStake = Coins(draw, 0, 1_000),
        MinimumValidatorStake = Coins(draw, 1, 1_000),
        StakePerUnitPrice = Up(draw, 0, 1_000_000),
        SlashPerUnitPrice = Up(draw, 0, 1_000_000),
        SlashToProversBasisPoints = Up(draw, 0, 5_000),
        SlashToClientBasisPoints = Up(draw, 0, 5_000),
        AuditCommitBlocks = Up(draw, 1, 100_000_000),
        AuditRevealBlocks = Up(draw, 1, 100_000_000),
        UnbondingBlocks = Up(draw, 300_000_001, 1_000_000_000),
        BanBlocks = Up(draw, 100_000_001, 1_000_000_000),
        DefaultAuditRateBasisPoints = Up(draw, 0, 10_000),
        Upgrades = UpgradesOf(draw),
        BonusBasisPoints = Up(draw, 0, 10_000),
        LeaseBurnBasisPoints = Up(draw, 10_000, 1_000_000),
        MaxBoundRun = Up(draw, 0, 1_000),
        BonusVestingBlocks = Up(draw, 0, 100_000_000),
        CommonsJob = Hash256.Sha256(BitConverter.GetBytes(draw.Next(1_000_000))),
        CommonsBonusBasisPoints = Up(draw, 0, 10_000),
        Stakes = [.. Enumerable.Range(0, 1 + draw.Next(4)).Select(i =>
            new GenesisStake(AddressOf(i, draw), Coins(draw, 1_000, 1_000_000), (StakeRoles)(1 + draw.Next(3))))],
        Commons = new CommonsProduct((int)Up(draw, 32, 16_384), (int)Up(draw, 512, 8_192), (int)Up(draw, 32, 16_384), Wide(draw)),
        Allocations = [.. Enumerable.Range(0, 1 + draw.Next(4)).Select(i =>
            new GenesisAllocation(AddressOf(i, draw), Coins(draw, 1, 1_000_000_000)))],
    };

    // Any of the later upgrades, at heights that do not fall.
    private static IReadOnlyList<UpgradeActivation> UpgradesOf(Fuzzer draw)
    {
        ulong[] heights = [.. new[] { Wide(draw), Wide(draw) }.Order()];
        NetworkUpgrade[] later = [NetworkUpgrade.BoundTickets, NetworkUpgrade.ToleranceJobs];
        IEnumerable<UpgradeActivation> drawn = later.Zip(heights, (upgrade, height) => new UpgradeActivation(upgrade, height))
            .Where(_ => draw.Next(4) != 0);
        return [new UpgradeActivation(NetworkUpgrade.TileWork1, 0), .. drawn];
    }

    private static ulong Up(Fuzzer draw, int min, int max) => (ulong)(min + draw.Next(max - min + 1));

    // Up to 2^53 - 2.
    private static ulong Wide(Fuzzer draw) => ((ulong)draw.Next(1 << 22) << 31) | (uint)draw.Next(int.MaxValue - 1);

    private static Amount Coins(Fuzzer draw, int min, int max)
    {
        Amount whole = Amount.FromCoins(Up(draw, min, max - 1));
        return whole + Amount.FromBaseUnits((ulong)draw.Next(1_000_000_000) * (ulong)draw.Next(1_000_000_000));
    }

    private static Address AddressOf(int index, Fuzzer draw)
    {
        byte[] bytes = [(byte)index, .. Enumerable.Range(1, Address.Size - 1).Select(_ => (byte)draw.Next(256))];
        return new Address(bytes);
    }
}
