using System.Diagnostics;
using System.Text.Json;
using PoUW.Network.Tests.Simulation;

namespace PoUW.Benchmarks.Sweeps;

/// <summary>
/// Whole nodes in virtual time: gossip over five regions, a partition that heals, an eclipse. Each scenario is played twice, and the two must be the
/// same to the byte.
/// </summary>
internal static class SimulationSweep
{
    /// <summary>Name on the command line.</summary>
    public const string Name = "simulation";

    /// <summary>Honest nodes of the whole sweep.</summary>
    public const int Whole = 100;

    private const int Seed = 1;
    private const int Messages = 200;
    private const int PartedSeconds = 60;
    private const int AttackerIds = 200;

    /// <summary>Runs with so many nodes and prints a JSON line for each scenario.</summary>
    /// <returns>True if every gate held.</returns>
    public static bool Run(int nodes)
    {
        Func<SimulatedBlocks, SimulationScenario>[] scenarios =
        [
            blocks => new GossipScenario(nodes, Seed, blocks, Messages),
            blocks => new PartitionScenario(nodes, Seed, blocks, PartedSeconds),
            blocks => new EclipseScenario(nodes, Seed, blocks, AttackerIds),
        ];
        bool ok = true;
        foreach (Func<SimulatedBlocks, SimulationScenario> scenario in scenarios)
        {
            ok &= RunTwice(scenario);
        }

        return ok;
    }

    private static bool RunTwice(Func<SimulatedBlocks, SimulationScenario> make)
    {
        SimulatedBlocks blocks = new();
        long start = Stopwatch.GetTimestamp();
        SimulationResult first = make(blocks).Run();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        bool isSame = make(blocks).Run().Trace == first.Trace;
        bool ok = isSame && first.Violations.Count == 0;
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            sweep = Name,
            scenario = first.Scenario,
            nodes = first.Nodes,
            seed = first.Seed,
            figures = first.Figures,
            violations = first.Violations,
            trace = first.Trace,
            sameTwice = isSame,
            virtualSeconds = first.VirtualSeconds,
            seconds = Math.Round(seconds, 1),
            ok,
        }));
        return ok;
    }
}
