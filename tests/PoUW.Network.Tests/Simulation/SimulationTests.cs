namespace PoUW.Network.Tests.Simulation;

/// <summary>Whole nodes in virtual time, in small; the sweep "simulation" plays the same with a hundred.</summary>
internal sealed class SimulationTests
{
    [Test]
    public void GossipIsFastAndTravelsInFewCopies() => AssertGates(static (seed, blocks) => new GossipScenario(12, seed, blocks, messages: 12));

    [Test]
    public void APartitionHeals() => AssertGates(static (seed, blocks) => new PartitionScenario(8, seed, blocks, partedSeconds: 60));

    [Test]
    public void ManyIdsInFewSubnetsDoNotTakeANodeOver() => AssertGates(static (seed, blocks) => new EclipseScenario(6, seed, blocks, ids: 70));

    private static void AssertGates(Func<int, SimulatedBlocks, SimulationScenario> make)
    {
        SimulatedBlocks blocks = new();
        SimulationResult first = make(1, blocks).Run();
        Assert.That(first.Violations, Is.Empty, () => string.Join(", ", first.Figures));
        Assert.That(make(1, blocks).Run(), Has.Property(nameof(SimulationResult.Trace)).EqualTo(first.Trace));
    }
}
