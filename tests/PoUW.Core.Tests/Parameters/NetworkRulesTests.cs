using System.Text;
using PoUW.Core.Parameters;

namespace PoUW.Core.Tests.Parameters;

public sealed class NetworkRulesTests
{
    private static readonly UpgradeActivation Version = new(NetworkUpgrade.TileWork1, 0);

    [TestCaseSource(typeof(ParameterSamples), nameof(ParameterSamples.PresetCases))]
    public void In_the_presets_every_upgrade_is_active_from_genesis(NetworkParameters preset)
    {
        NetworkRules rules = new(preset);
        RuleSet all = new() { CertificateVersion = 1, BoundTickets = true, ToleranceJobs = true };

        Assert.That(rules.RulesAt(0), Is.EqualTo(all));
        Assert.That(rules.RulesAt(ulong.MaxValue), Is.EqualTo(all));
    }

    [TestCase(0ul, false)]
    [TestCase(98ul, false)]
    [TestCase(99ul, false)]
    [TestCase(100ul, true)]
    [TestCase(101ul, true)]
    [TestCase(ulong.MaxValue, true)]
    public void A_later_upgrade_applies_from_its_height_on(ulong height, bool bound)
    {
        byte[] json = Encoding.UTF8.GetBytes(
            """{ "extends": "test", "upgrades": [{ "name": "tile-work-1", "height": 0 }, { "name": "bound-tickets", "height": 100 }] }""");
        Assert.That(NetworkParametersJson.TryParse(json, out NetworkParameters? parameters).ToString(), Is.EqualTo("Ok"));

        Assert.That(new NetworkRules(parameters!).RulesAt(height), Is.EqualTo(new RuleSet { CertificateVersion = 1, BoundTickets = bound }));
    }

    [TestCase(0ul, false, false)]
    [TestCase(99ul, false, false)]
    [TestCase(100ul, true, false)]
    [TestCase(199ul, true, false)]
    [TestCase(200ul, true, true)]
    [TestCase(ulong.MaxValue, true, true)]
    public void Each_upgrade_has_its_own_height(ulong height, bool bound, bool tolerance)
    {
        NetworkRules rules = new(NetworkParameters.Development with
        {
            Upgrades = [Version, new UpgradeActivation(NetworkUpgrade.BoundTickets, 100), new UpgradeActivation(NetworkUpgrade.ToleranceJobs, 200)],
        });

        Assert.That(rules.RulesAt(height), Is.EqualTo(new RuleSet { CertificateVersion = 1, BoundTickets = bound, ToleranceJobs = tolerance }));
    }

    [Test]
    public void An_upgrade_that_is_not_listed_never_activates()
    {
        NetworkRules rules = new(NetworkParameters.Development with { Upgrades = [Version] });

        Assert.That(rules.RulesAt(ulong.MaxValue), Is.EqualTo(new RuleSet { CertificateVersion = 1 }));
    }

    /// <summary>Validation refuses such a network; the rules nevertheless say that no version is valid before the first one.</summary>
    [TestCase(4ul, 0)]
    [TestCase(5ul, 1)]
    public void No_certificate_version_is_valid_before_the_first_one(ulong height, int version)
    {
        NetworkParameters late = NetworkParameters.Development with { Upgrades = [Version with { Height = 5 }] };

        Assert.That(late.Validate().Field, Is.EqualTo("upgrades[0]"));
        Assert.That(new NetworkRules(late).RulesAt(height).CertificateVersion, Is.EqualTo(version));
    }
}
