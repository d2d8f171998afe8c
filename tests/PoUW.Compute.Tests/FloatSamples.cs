namespace PoUW.Compute.Tests;

/// <summary>Arguments for exact floating-point kernels.</summary>
internal static class FloatSamples
{
    /// <summary>Both signs of each: zero, infinity, NaNs, ends of the subnormal and of the normal range, and where functions change.</summary>
    public static IEnumerable<float> Special()
    {
        uint[] bits = [0, 1, 2, 0x007FFFFF, 0x00800000, 0x00800001, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FC00000, 0x7FFFFFFF];
        float[] numbers =
        [
            0.125f, 0.25f, 0.375f, 0.5f, 0.70710677f, 0.7517915f, 0.99999994f, 1, 1.0000001f, 1.4142135f, 2, 3.9f, 4, 9.01f, 10, 14.5f, 15,
            16.6f, 87.3f, 88.72283f, 88.72284f, 103.97208f, 103.97209f, 104, 110, 8388608, 16777215, 16777216, 1e30f,
        ];
        foreach (float number in bits.Select(BitConverter.UInt32BitsToSingle).Concat(numbers))
        {
            yield return number;
            yield return -number;
        }
    }

    /// <summary>Half are any bits, half are numbers between 2^-30 and 2^7 of either sign.</summary>
    public static IEnumerable<float> Random(int count, int seed)
    {
        Random random = new(seed);
        for (int i = 0; i < count; i++)
        {
            uint bits = (uint)random.NextInt64(1L << 32);
            uint moderate = (bits & 0x807FFFFF) | ((uint)random.Next(127 - 30, 127 + 7) << 23);
            yield return BitConverter.UInt32BitsToSingle(i % 2 == 0 ? bits : moderate);
        }
    }
}
