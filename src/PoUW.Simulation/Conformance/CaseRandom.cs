namespace PoUW.Simulation.Conformance;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same cases on every machine and runtime.</summary>
internal sealed class CaseRandom(ulong seed, bool large = false)
{
    private ulong _state = seed;

    /// <summary>True if sizes are those of a measurement instead of drawn.</summary>
    public bool Large { get; } = large;

    public ulong Next()
    {
        unchecked // Defined modulo 2^64.
        {
            _state += 0x9E3779B97F4A7C15;
            ulong z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    /// <summary>Uniform in [minimum, maximum].</summary>
    public int Range(int minimum, int maximum) => (int)(minimum + (long)(Next() % ((ulong)((long)maximum - minimum) + 1)));

    /// <summary>Uniform in [minimum, maximum].</summary>
    public long Range(long minimum, long maximum)
    {
        unchecked // The span of all 64-bit numbers wraps to 0.
        {
            ulong span = (ulong)maximum - (ulong)minimum + 1;
            return minimum + (long)(span == 0 ? Next() : Next() % span);
        }
    }

    public bool Chance(int percent) => Next() % 100 < (ulong)percent;

    public T Pick<T>(IReadOnlyList<T> choices) => choices[Range(0, choices.Count - 1)];
}
