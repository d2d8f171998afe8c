namespace PoUW.Network.Tests.Simulation;

/// <summary>A scenario of whole nodes with gates.</summary>
internal abstract class SimulationScenario
{
    private readonly Dictionary<string, double> _figures = [];
    private readonly List<string> _violations = [];

    /// <param name="name">What it is called.</param>
    /// <param name="nodes">Honest nodes.</param>
    /// <param name="seed">Decides everything.</param>
    /// <param name="blocks">Shared by runs that are compared.</param>
    protected SimulationScenario(string name, int nodes, int seed, SimulatedBlocks blocks)
    {
        (Name, Count) = (name, nodes);
        Network = new SimulatedNetwork(seed, blocks);
    }

    public string Name { get; }

    protected int Count { get; }

    protected SimulatedNetwork Network { get; }

    /// <summary>Runs it. Once.</summary>
    public SimulationResult Run()
    {
        Network.Run(async () =>
        {
            await Network.StartAsync(Count);
            await PlayAsync();
        });
        return new SimulationResult(Name, Count, Network.Seed, _figures, _violations, Network.World.Trace.Hash, Network.World.Time.Now.TotalSeconds);
    }

    protected abstract Task PlayAsync();

    protected void Tell(string name, double value) => _figures[name] = Math.Round(value, 3);

    protected void AtMost(string name, double value, double gate)
    {
        Tell(name, value);
        if (!(value <= gate))
        {
            _violations.Add(FormattableString.Invariant($"{name} is {value}, above {gate}"));
        }
    }

    protected void AtLeast(string name, double value, double gate)
    {
        Tell(name, value);
        if (!(value >= gate))
        {
            _violations.Add(FormattableString.Invariant($"{name} is {value}, below {gate}"));
        }
    }
}
