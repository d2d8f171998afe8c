namespace PoUW.Simulation.Faults;

/// <summary>The ways in which a simulated worker lies about a unit.</summary>
public enum LieKind
{
    /// <summary>The weights that it commits are the true ones with seeded noise on them.</summary>
    WrongUpdate,

    /// <summary>It does one step less than it was leased, and scales loss and counts to look complete.</summary>
    SkipStep,

    /// <summary>It trains on the batches of another unit.</summary>
    WrongBatch,

    /// <summary>One weight of the state that it commits is off by one, in lane T by one unit in the last place, which no audit of that lane can tell.</summary>
    OneLsb,

    /// <summary>It commits the true record but never serves the state.</summary>
    Withhold,
}
