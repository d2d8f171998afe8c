namespace PoUW.Benchmarks.Profiles;

/// <summary>One place of a training step: an operation on operands of given shapes.</summary>
/// <param name="name">Operation and shapes.</param>
/// <param name="flops">Floating-point operations of a product; 0 for others.</param>
/// <param name="bytes">Bytes of all operands.</param>
internal sealed class ProfiledCall(string name, double flops, double bytes)
{
    private readonly List<double> _seconds = [];

    /// <summary>Operation and shapes.</summary>
    public string Name => name;

    /// <summary>Floating-point operations of a product; 0 for others.</summary>
    public double Flops => flops;

    /// <summary>Bytes of all operands.</summary>
    public double Bytes => bytes;

    /// <summary>Median seconds of a call: a call that was interrupted does not count.</summary>
    public double Seconds => Quantile.Median(_seconds);

    /// <summary>Counts a call.</summary>
    public void Add(double seconds) => _seconds.Add(seconds);
}
