using PoUW.Core.Tests.Storage;

namespace PoUW.Core.Tests.Recovery;

/// <summary>The harness of <c>--sweep crashes</c> in short: a few real kills and damaged stores.</summary>
public sealed class CrashTests
{
    [Test]
    public void What_was_acknowledged_survives_kills_and_damage_is_found_and_repaired()
    {
        using TemporaryFolder folder = new();
        string[] command = ["dotnet", "exec", typeof(CrashChild).Assembly.Location];
        using CrashHarness harness = new(command, folder.File(""), seed: 1, blocks: 24, TestContext.Out.WriteLine);
        harness.Run(kills: 2, tears: 3);

        Assert.That(harness.Tally.Violations, Is.Empty);
        Assert.That(harness.Tally.Kills, Is.GreaterThanOrEqualTo(2));
        Assert.That(harness.Tally.Tears, Is.EqualTo(3));
        Assert.That(harness.Tally.Repaired, Is.EqualTo(harness.Tally.Refused + harness.Tally.Found));
        Assert.That(harness.Tally.Acknowledged, Is.GreaterThanOrEqualTo(24));
    }
}
