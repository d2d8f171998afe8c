namespace PoUW.Compute.Tests.Models;

/// <summary>Numbers that are a function of a seed; Goldens/pytorch/make_gradients.py makes the same.</summary>
internal static class GeneratedNumbers
{
    private const ulong Golden = 0x9E3779B9;

    /// <summary>The finaliser of MurmurHash3 on a counter.</summary>
    public static uint[] Words(int count, int seed)
    {
        uint[] words = new uint[count];
        for (int i = 0; i < count; i++)
        {
            words[i] = unchecked(Mix((uint)((ulong)i + ((ulong)seed * Golden))));
        }

        return words;
    }

    /// <summary>Numbers in +-bound.</summary>
    public static float[] Floats(int count, int seed, float bound) =>
        [.. Words(count, seed).Select(word => (((word >> 8) * (1f / (1 << 24))) - 0.5f) * (2 * bound))];

    /// <summary>Bytes.</summary>
    public static byte[] Bytes(int count, int seed) => [.. Words(count, seed).Select(static word => (byte)(word >> 24))];

    /// <summary>Labels below a number of classes.</summary>
    public static byte[] Labels(int count, int seed, int classes) => [.. Words(count, seed).Select(word => (byte)(word % (uint)classes))];

    private static uint Mix(uint h)
    {
        unchecked
        {
            h = (h ^ (h >> 16)) * 0x85EBCA6B;
            h = (h ^ (h >> 13)) * 0xC2B2AE35;
            return h ^ (h >> 16);
        }
    }
}
