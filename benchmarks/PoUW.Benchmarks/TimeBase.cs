namespace PoUW.Benchmarks;

/// <summary>Which time a figure is judged by.</summary>
public enum TimeBase
{
    /// <summary>CPU time: steady while other programs run. For one thread.</summary>
    Cpu,

    /// <summary>Wall time: the only one that says what several threads gain. Needs an idle machine.</summary>
    Wall,
}
