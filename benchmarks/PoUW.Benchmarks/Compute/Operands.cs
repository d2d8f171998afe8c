namespace PoUW.Benchmarks.Compute;

/// <summary>Equal operands in every run.</summary>
internal static class Operands
{
    /// <summary>Integers of -63 to 63.</summary>
    public static void Fill(Span<sbyte> values, int seed)
    {
        var random = new Random(seed);
        foreach (ref sbyte value in values)
        {
            value = (sbyte)random.Next(-63, 64);
        }
    }

    /// <summary>Numbers of -0.5 to 0.5.</summary>
    public static void Fill(Span<float> values, int seed)
    {
        var random = new Random(seed);
        foreach (ref float value in values)
        {
            value = random.NextSingle() - 0.5f;
        }
    }
}
