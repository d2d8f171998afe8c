using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Parameters;

public sealed class NetworkParametersTests
{
    private static readonly Address Someone = new([.. Enumerable.Range(1, Address.Size).Select(i => (byte)i)]);

    [TestCaseSource(typeof(ParameterSamples), nameof(ParameterSamples.PresetCases))]
    public void Presets_are_valid(NetworkParameters preset) => Assert.That(preset.Validate().ToString(), Is.EqualTo("Ok"));

    [Test]
    public void Presets_differ_as_the_protocol_says()
    {
        IReadOnlyList<NetworkParameters> presets = ParameterSamples.Presets;

        Assert.That(presets.Select(p => p.BlockTimeMilliseconds), Is.EqualTo(new ulong[] { 1_000, 15_000, 60_000 }));
        Assert.That(presets.Select(p => p.AsertHalfLifeBlocks), Is.EqualTo(new ulong[] { 20, 60, 120 }));
        Assert.That(presets.Select(p => p.EpochBlocks), Is.EqualTo(new ulong[] { 8, 32, 64 }));
        Assert.That(presets.Select(p => p.AuditCommitBlocks), Is.EqualTo(new ulong[] { 20, 200, 400 }));
        Assert.That(presets.Select(p => p.AuditRevealBlocks), Is.EqualTo(new ulong[] { 20, 200, 400 }));
        Assert.That(presets.Select(p => p.DefaultAuditRateBasisPoints), Is.EqualTo(new ulong[] { 2_500, 1_000, 500 }));
        Assert.That(presets.Select(p => p.BonusVestingBlocks), Is.EqualTo(new ulong[] { 20, 200, 400 }));
        Assert.That(presets.Select(p => p.BonusBasisPoints), Is.All.EqualTo(2_500));
        Assert.That(presets.Select(p => p.LeaseBurnBasisPoints), Is.All.EqualTo(12_500));
        Assert.That(presets.Select(p => p.MaxBoundRun), Is.All.EqualTo(3));
        Assert.That(presets.Select(p => p.CommonsBonusBasisPoints), Is.All.EqualTo(3_000));
        Assert.That(presets.Select(p => p.CommonsJob), Is.All.EqualTo(Hash256.Zero));
        Assert.That(presets.Select(p => p.GenesisTicketsPerBlock), Is.All.EqualTo(500));
        Assert.That(presets.Select(p => p.ChainId), Is.Unique);
        Assert.That(presets.SelectMany(p => p.Allocations), Is.Empty);
        Assert.That(presets.SelectMany(p => p.Stakes), Is.Empty);
    }

    public static IEnumerable<TestCaseData> Wrong()
    {
        NetworkParameters good = NetworkParameters.Development;
        GenesisStake stake = new(Someone, Amount.FromCoins(100), StakeRoles.Worker);
        yield return Case(good with { ChainId = 0 }, "chainId");
        yield return Case(good with { Name = "\ud800" }, "name");
        yield return Case(good with { EpochBlocks = 32_769 }, "epochBlocks");
        yield return Case(good with { MaxBlockBytes = -1 }, "maxBlockBytes");
        yield return Case(good with { BaseFeePerGas = new Amount(UInt128.MaxValue) }, "baseFeePerGas");
        yield return Case(good with { Commons = good.Commons with { N = -5 } }, "commons.n");
        yield return Case(good with { Commons = good.Commons with { Seed = ulong.MaxValue } }, "commons.seed");
        UpgradeActivation version = new(NetworkUpgrade.TileWork1, 0);
        yield return Case(good with { Upgrades = [] }, "upgrades[0]");
        yield return Case(good with { Upgrades = [version with { Height = 1 }] }, "upgrades[0]");
        yield return Case(good with { Upgrades = [new(NetworkUpgrade.BoundTickets, 0)] }, "upgrades[0]");
        yield return Case(good with { Upgrades = [version, version] }, "upgrades[1].name");
        yield return Case(good with { Upgrades = [version, new((NetworkUpgrade)77, 0)] }, "upgrades[1].name");
        yield return Case(good with { Upgrades = [version, new(NetworkUpgrade.BoundTickets, ulong.MaxValue)] }, "upgrades[1].height");
        yield return Case(good with { Upgrades = [version, new(NetworkUpgrade.ToleranceJobs, 0), new(NetworkUpgrade.BoundTickets, 0)] }, "upgrades[2].name");
        yield return Case(good with { Upgrades = [version, new(NetworkUpgrade.BoundTickets, 2), new(NetworkUpgrade.ToleranceJobs, 1)] }, "upgrades[2].height");
        yield return Case(good with { Stakes = [stake with { Roles = StakeRoles.None }] }, "stakes[0].roles");
        yield return Case(good with { Stakes = [stake with { Roles = (StakeRoles)4 }] }, "stakes[0].roles");
        yield return Case(good with { Stakes = [stake with { Amount = Amount.FromCoins(19) }] }, "stakes[0].amount");
        yield return Case(
            good with { Stakes = [stake, new(Address.Zero, Amount.FromCoins(99), StakeRoles.Worker | StakeRoles.Validator)] }, "stakes[1].amount");
        yield return Case(good with { Stakes = [stake, stake] }, "stakes[1].address");
        yield return Case(good with { Allocations = [new(Someone, Amount.Zero)] }, "allocations[0].amount");
        yield return Case(good with { UnbondingBlocks = good.LeaseBlocks + good.AuditCommitBlocks + good.AuditRevealBlocks }, "unbondingBlocks");
        yield return Case(good with { BonusBasisPoints = 10_001 }, "bonusBasisPoints");
        yield return Case(good with { LeaseBurnBasisPoints = 9_999 }, "leaseBurnBasisPoints");
        yield return Case(good with { MaxBoundRun = 1_001 }, "maxBoundRun");
        yield return Case(good with { BonusVestingBlocks = 1_000 }, "bonusVestingBlocks");
        yield return Case(good with { BonusVestingBlocks = 0, BanBlocks = 1_000_000_000, CommonsBonusBasisPoints = 10_001 }, "commonsBonusBasisPoints");
        yield return Case(good with { SlashToProversBasisPoints = 10_000 }, "slashToClientBasisPoints");
    }

    [TestCaseSource(nameof(Wrong))]
    public void A_wrong_field_is_named_as_json_spells_it(NetworkParameters parameters, string field)
    {
        ValidationResult result = parameters.Validate();

        Assert.That(result.Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(result.Field, Is.EqualTo(field));
        Assert.That(result.Message, Does.Contain("allowed is"));
    }

    [Test]
    public void Long_lists_are_refused()
    {
        GenesisAllocation[] many = [.. Enumerable.Repeat(new GenesisAllocation(Someone, Amount.FromCoins(1)), 4_097)];

        Assert.That((NetworkParameters.Test with { Allocations = many }).Validate().Code, Is.EqualTo(ValidationCode.TooLarge));
    }

    private static TestCaseData Case(NetworkParameters parameters, string field) => new TestCaseData(parameters, field).SetArgDisplayNames(field);
}
